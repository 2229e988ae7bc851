/* SPDX-License-Identifier: MIT */
/*
 * Decisions on 32-bit words of struct seccomp_data: a graph of tests and of what is returned in the end.
 * Equal parts exist once, and no test leads to one place both ways. Parts are known by their numbers; a part
 * is made after those that it leads to.
 */
#ifndef BUTTER_POLICY_GRAPH_H
#define BUTTER_POLICY_GRAPH_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/pool.h"

/* Offsets in struct seccomp_data of what is tested; the low word of an argument comes first. */
enum { GRAPH_RETURN = -1, GRAPH_NUMBER = 0, GRAPH_ARCH = 4, GRAPH_ARGUMENTS = 16, GRAPH_HIGH = 4 };

struct graph_node {
	short word;    /* (it & mask) is compared with value; GRAPH_RETURN: value is returned */
	bool is_equal; /* with ==, else with >= */
	uint32_t mask, value;
	uint32_t yes, no; /* where it leads to */
};

struct graph {
	struct graph_node *nodes;
	uint32_t count, room;
	uint32_t *table; /* where equal ones are found: 1 + number */
	uint32_t places;
	struct pool scratch;
};

/* From FIRST on (up to the next region) the values of a word lead to NODE. */
struct graph_region {
	uint64_t first;
	uint32_t node;
};

uint32_t graph_return(struct graph *graph, uint32_t value);

/* To YES where WORD is VALUE, else to NO. */
uint32_t graph_equal(struct graph *graph, int word, uint32_t value, uint32_t yes, uint32_t no);

/*
 * Finds the one of COUNT REGIONS, the first of which begins at 0, that (word & mask) is in. Their beginnings
 * are values that it can have (graph_reachable).
 */
uint32_t graph_search(struct graph *graph, int word, uint32_t mask,
		      const struct graph_region *regions, size_t count);

/* The same of a word of 64 bits, whose low half is WORD; on it go 32 bits only if MASK has no others. */
uint32_t graph_search_wide(struct graph *graph, int word, uint64_t mask,
			   const struct graph_region *regions, size_t count);

/* The least value from VALUE on that something & MASK can have; false: there is none. */
bool graph_reachable(uint64_t mask, uint64_t value, uint64_t *least);

/* How many parts, of those made from FROM on, can be reached from ROOT. */
size_t graph_size(struct graph *graph, uint32_t root, uint32_t from);

void graph_close(struct graph *graph);

#endif
