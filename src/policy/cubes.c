/* SPDX-License-Identifier: MIT */
#include "policy/cubes.h"

#include <stdlib.h>

#include "memory.h"

static void
add(struct cubes *cubes, uint64_t mask, uint64_t bits)
{
	if (!(cubes->count & (cubes->count - 1)))
		cubes->all = memory_resize(cubes->all, cubes->count ? 2 * cubes->count : 1,
					   sizeof(*cubes->all));
	cubes->all[cubes->count++] = (struct cube){ mask, bits };
}

void
cubes_fill(struct cubes *cubes)
{
	add(cubes, 0, 0);
}

/*
 * From the highest bit on: as long as all bits are VALUE's, the next one decides, where it is another: a 0
 * for a 1 is below it, a 1 for a 0 above. Bits that the mask leaves out are 0.
 */
static void
add_test(struct cubes *cubes, const struct policy_test *test)
{
	enum policy_comparison comparison = test->comparison;
	bool is_below =
		comparison == POLICY_LT || comparison == POLICY_LE || comparison == POLICY_NE;
	bool is_above =
		comparison == POLICY_GT || comparison == POLICY_GE || comparison == POLICY_NE;
	bool is_equal =
		comparison == POLICY_EQ || comparison == POLICY_LE || comparison == POLICY_GE;
	uint64_t mask = test->is_low ? (uint32_t)test->mask : test->mask, before = 0;
	uint64_t value = test->is_low ? (uint32_t)test->value : test->value;

	for (uint64_t bit = UINT64_C(1) << 63; bit; bit >>= 1) {
		if (value & bit) {
			if (is_below)
				add(cubes, before | (mask & bit), value & before);
			if (!(mask & bit))
				return;
		} else if (mask & bit && is_above) {
			add(cubes, before | bit, (value & before) | bit);
		}
		before |= mask & bit;
	}
	if (is_equal)
		add(cubes, mask, value);
}

void
cubes_keep(struct cubes *cubes, const struct policy_test *test)
{
	struct cubes its = { 0 }, both = { 0 };

	add_test(&its, test);
	for (size_t i = 0; i < cubes->count; i++)
		for (size_t j = 0; j < its.count; j++) {
			const struct cube *a = &cubes->all[i], *b = &its.all[j];

			if (!((a->bits ^ b->bits) & a->mask & b->mask))
				add(&both, a->mask | b->mask, a->bits | b->bits);
		}
	cubes_close(&its);
	cubes_close(cubes);
	*cubes = both;
}

/* Joins the one at THIS with another one, if it can: what they differ in does not count. */
static bool
merge_one(struct cubes *cubes, size_t this)
{
	for (size_t i = 0; i < this; i++) {
		uint64_t bit = cubes->all[i].bits ^ cubes->all[this].bits;

		if (cubes->all[i].mask != cubes->all[this].mask || !bit || bit & (bit - 1))
			continue;
		cubes->all[i].mask &= ~bit;
		cubes->all[i].bits &= ~bit;
		cubes->all[this] = cubes->all[--cubes->count];
		return true;
	}
	return false;
}

void
cubes_merge(struct cubes *cubes)
{
	for (size_t i = 1; i < cubes->count; i++)
		if (merge_one(cubes, i))
			i = 0;
}

void
cubes_close(struct cubes *cubes)
{
	free(cubes->all);
	*cubes = (struct cubes){ 0 };
}
