/* SPDX-License-Identifier: MIT */
/*
 * Sets of values as OCI's profiles can say them, each by one comparison with a mask, (value & mask) ==
 * bits: no two of the same list have a value in common.
 */
#ifndef BUTTER_CUBES_H
#define BUTTER_CUBES_H

#include "policy/policy.h"

struct cube {
	uint64_t mask, bits;
};

/* A zeroed struct is an empty list. */
struct cubes {
	struct cube *all;
	size_t count;
};

/* All values. */
void cubes_fill(struct cubes *cubes);

/* Takes away those for which TEST is not true. */
void cubes_keep(struct cubes *cubes, const struct policy_test *test);

/* Joins those that differ in one bit only. */
void cubes_merge(struct cubes *cubes);

void cubes_close(struct cubes *cubes);

#endif
