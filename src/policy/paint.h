/* SPDX-License-Identifier: MIT */
/*
 * Who is asked about a value: claims on ranges of values, in order. Of each value those are wanted that claim
 * it, up to the first that decides. (Small in memory: at the start of a program a new page costs more than
 * all that is done with it.)
 */
#ifndef BUTTER_POLICY_PAINT_H
#define BUTTER_POLICY_PAINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/pool.h"

struct paint_claim {
	uint64_t first, last;
	uint32_t owner; /* the caller's */
	bool decides;   /* no claim behind it matters there */
};

/* Values from FIRSTS[I] on, up to the next cell's, are claimed by the same. */
struct paint {
	uint64_t *firsts;
	struct paint_cell *cells;
	struct paint_link *links;
	uint32_t count, link_count, link_room;
	struct pool *pool;
};

/*
 * Makes PAINT of COUNT CLAIMS on values from 0 to MOST, each of which one of them decides; in memory of POOL.
 */
void paint(struct paint *paint, struct pool *pool, const struct paint_claim *claims, size_t count,
	   uint64_t most);

/* How many are asked about the values of CELL. */
size_t paint_count(const struct paint *paint, uint32_t cell);

/* Their owners, in order. */
void paint_owners(const struct paint *paint, uint32_t cell, uint32_t *owners);

#endif
