/* SPDX-License-Identifier: MIT */
/* What is mounted in what: trees of mounts. */
#ifndef BUTTER_FOREST_H
#define BUTTER_FOREST_H

#include <stdint.h>

#include "mounts/table.h"

#define FOREST_NONE SIZE_MAX

struct forest {
	/* One for each mount of the table, by the same number; FOREST_NONE is the number of none. */
	struct forest_node {
		size_t parent, child,
			next; /* that it is in; the first in it; the next in the same */
		size_t level; /* 0: it is in none */
		bool is_left_out;
	} * nodes;
	size_t first; /* of those that are in none */
};

/* The mounts of TABLE whose type TYPES means; what is in one that it leaves out is in that one's parent. */
void forest_grow(struct forest *forest, const struct table *table, const char *types);

/* The one behind NODE, each followed by what is in it; FOREST_NONE: it was the last. */
size_t forest_next(const struct forest *forest, size_t node);

void forest_done(struct forest *forest);

#endif
