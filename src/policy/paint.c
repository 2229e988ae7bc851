/* SPDX-License-Identifier: MIT */
#include "policy/paint.h"

#include <string.h>

enum { FEW = 24 };

static void
sort_few(uint64_t *values, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		uint64_t value = values[i];
		size_t at = i;

		for (; at && values[at - 1] > value; at--)
			values[at] = values[at - 1];
		values[at] = value;
	}
}

/* Byte by byte, those in which values differ: what has few of them, as numbers of calls, needs few rounds. */
static void
sort(struct pool *pool, uint64_t *values, size_t count)
{
	uint64_t *from = values, *to, *swap, differing = 0;

	if (count <= FEW) {
		sort_few(values, count);
		return;
	}
	for (size_t i = 1; i < count; i++)
		differing |= values[i] ^ values[0];
	to = pool_get(pool, count * sizeof(*to));
	for (unsigned shift = 0; shift < 64; shift += 8) {
		size_t place[257] = { 0 };

		if (!(differing >> shift & 0xff))
			continue;
		for (size_t i = 0; i < count; i++)
			place[(from[i] >> shift & 0xff) + 1]++;
		for (size_t i = 1; i < 256; i++)
			place[i] += place[i - 1];
		for (size_t i = 0; i < count; i++)
			to[place[from[i] >> shift & 0xff]++] = from[i];
		swap = from;
		from = to;
		to = swap;
	}
	if (from != values)
		memcpy(values, from, count * sizeof(*values));
}

static size_t
find_open(struct paint_cell *cells, size_t at)
{
	while (cells[at].open != at)
		at = cells[at].open = cells[cells[at].open].open;
	return at;
}

/* The cell that begins with FIRST. */
static size_t
find_cell(const struct paint_cell *cells, size_t number, uint64_t first)
{
	size_t from = 0, to = number;

	while (to - from > 1) {
		size_t half = from + (to - from) / 2;

		if (cells[half].first <= first)
			from = half;
		else
			to = half;
	}
	return from;
}

static struct paint_cell *
cut(struct pool *pool, const struct paint_claim *claims, size_t count, uint64_t most,
    size_t *number)
{
	uint64_t *cuts = pool_get(pool, (2 * count + 1) * sizeof(*cuts));
	struct paint_cell *cells;
	size_t cutting = 1;

	for (size_t i = 0; i < count; i++) {
		cuts[cutting++] = claims[i].first;
		if (claims[i].last < most)
			cuts[cutting++] = claims[i].last + 1;
	}
	sort(pool, cuts, cutting);
	/* One more than there are, which is never decided. */
	cells = pool_get(pool, (cutting + 1) * sizeof(*cells));
	*number = 0;
	for (size_t i = 0; i < cutting; i++)
		if (!i || cuts[i] != cuts[i - 1])
			cells[(*number)++].first = cuts[i];
	for (size_t i = 0; i <= *number; i++)
		cells[i].open = i;
	return cells;
}

struct paint_cell *
paint(struct pool *pool, const struct paint_claim *claims, size_t count, uint64_t most,
      size_t *number)
{
	struct paint_cell *cells = cut(pool, claims, count, most, number);

	for (size_t i = 0; i < count; i++) {
		size_t at = find_cell(cells, *number, claims[i].first);

		while ((at = find_open(cells, at)) < *number && cells[at].first <= claims[i].last) {
			struct paint_owner *owner = pool_get(pool, sizeof(*owner));

			owner->owner = claims[i].owner;
			if (cells[at].last)
				cells[at].last->next = owner;
			else
				cells[at].owners = owner;
			cells[at].last = owner;
			cells[at].count++;
			if (claims[i].decides)
				cells[at].open = at + 1;
			else
				at++;
		}
	}
	return cells;
}
