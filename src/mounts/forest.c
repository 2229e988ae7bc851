/* SPDX-License-Identifier: MIT */
#include "mounts/forest.h"

#include <stdlib.h>

#include "memory.h"

/* Sets the parent of each: the mount that the kernel names. */
static void
find_parents(struct forest *forest, const struct table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct mountinfo *parent = table_parent(table, &table->mounts[i]);

		forest->nodes[i].parent = parent ? (size_t)(parent - table->mounts) : FOREST_NONE;
	}
}

/* What a level is before it is known. */
#define UNKNOWN SIZE_MAX
#define ON_PATH (SIZE_MAX - 1)

/* The level of what is in NODE; parents that are left out have handed their own parent on. */
static void
settle(struct forest *forest, size_t node)
{
	struct forest_node *nodes = forest->nodes;
	size_t parent = nodes[node].parent;

	if (parent != FOREST_NONE && nodes[parent].is_left_out)
		parent = nodes[parent].parent;
	nodes[node].parent = parent;
	nodes[node].level = parent == FOREST_NONE ? 0 : nodes[parent].level + 1;
}

/*
 * Sets the levels, from the top down. What was mounted and moved while the table was read may look
 * like a circle, which is cut.
 */
static void
find_levels(struct forest *forest, size_t count)
{
	struct forest_node *nodes = forest->nodes;
	size_t *path = memory_get(count * sizeof(*path)), length = 0;

	for (size_t i = 0; i < count; i++)
		nodes[i].level = UNKNOWN;
	for (size_t i = 0; i < count; i++) {
		size_t at = i;

		for (; at != FOREST_NONE && nodes[at].level == UNKNOWN; at = nodes[at].parent) {
			nodes[at].level = ON_PATH;
			path[length++] = at;
		}
		if (at != FOREST_NONE && nodes[at].level == ON_PATH)
			nodes[path[length - 1]].parent = FOREST_NONE;
		while (length)
			settle(forest, path[--length]);
	}
	free(path);
}

/* Sets who comes first, and next. */
static void
link_all(struct forest *forest, size_t count)
{
	forest->first = FOREST_NONE;
	for (size_t i = count; i--;) {
		struct forest_node *node = &forest->nodes[i];
		size_t *first = node->parent == FOREST_NONE ? &forest->first
							    : &forest->nodes[node->parent].child;

		if (node->is_left_out)
			continue;
		node->next = *first;
		*first = i;
	}
}

void
forest_grow(struct forest *forest, const struct table *table, const char *types)
{
	forest->nodes = memory_get(table->count * sizeof(*forest->nodes));
	for (size_t i = 0; i < table->count; i++) {
		forest->nodes[i].child = FOREST_NONE;
		forest->nodes[i].is_left_out = !table_has_type(types, table->mounts[i].type);
	}
	find_parents(forest, table);
	find_levels(forest, table->count);
	link_all(forest, table->count);
}

size_t
forest_next(const struct forest *forest, size_t node)
{
	if (forest->nodes[node].child != FOREST_NONE)
		return forest->nodes[node].child;
	while (node != FOREST_NONE && forest->nodes[node].next == FOREST_NONE)
		node = forest->nodes[node].parent;
	return node == FOREST_NONE ? node : forest->nodes[node].next;
}

void
forest_done(struct forest *forest)
{
	free(forest->nodes);
	*forest = (struct forest){ 0 };
}
