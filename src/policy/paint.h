/* SPDX-License-Identifier: MIT */
/*
 * Who is asked about a value: claims on ranges of values, in order. Of each value those are wanted that claim
 * it, up to the first that decides.
 */
#ifndef BUTTER_POLICY_PAINT_H
#define BUTTER_POLICY_PAINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/pool.h"

struct paint_claim {
	uint64_t first, last;
	const void *owner;
	bool decides; /* no claim behind it matters there */
};

struct paint_owner {
	const void *owner;
	struct paint_owner *next;
};

/* Values from FIRST on, up to the next cell's, have the same owners. */
struct paint_cell {
	uint64_t first;
	struct paint_owner *owners;
	size_t count;             /* of owners */
	struct paint_owner *last; /* of them */
	size_t open; /* the first cell from this one on that nothing has decided yet, or nearer to it */
};

/*
 * The cells of COUNT CLAIMS on values from 0 to MOST, each of which one of them decides; *NUMBER of them, in
 * memory of POOL.
 */
struct paint_cell *paint(struct pool *pool, const struct paint_claim *claims, size_t count,
			 uint64_t most, size_t *number);

#endif
