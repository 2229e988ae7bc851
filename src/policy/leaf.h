/* SPDX-License-Identifier: MIT */
/* What is decided by the arguments of one call. */
#ifndef BUTTER_POLICY_LEAF_H
#define BUTTER_POLICY_LEAF_H

#include "policy/graph.h"
#include "policy/policy.h"

struct leaf_rule {
	const struct policy_condition *condition; /* NULL: it always fits */
	uint32_t node;                            /* what it leads to */
};

/*
 * Where the first that fits of COUNT RULES leads to, the last of which always does. With IS_NARROW only the
 * low 32 bits of arguments count.
 */
uint32_t leaf(struct graph *graph, const struct leaf_rule *rules, size_t count, bool is_narrow);

#endif
