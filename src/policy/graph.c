/* SPDX-License-Identifier: MIT */
#include "policy/graph.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "memory.h"

enum { SINGLES = 3 }; /* values in a row that are asked for one by one rather than searched for */

static uint64_t
hash_node(const struct graph_node *node)
{
	uint64_t hash = (uint64_t)node->value << 32 | node->mask;

	hash = (hash ^ (uint64_t)(uint16_t)node->word << 1 ^ node->is_equal)
	       * UINT64_C(0x9e3779b97f4a7c15);
	hash = (hash ^ hash >> 29 ^ ((uint64_t)node->yes << 32 | node->no))
	       * UINT64_C(0x9e3779b97f4a7c15);
	return hash ^ hash >> 32;
}

static bool
same(const struct graph_node *a, const struct graph_node *b)
{
	return a->word == b->word && a->is_equal == b->is_equal && a->mask == b->mask
	       && a->value == b->value && a->yes == b->yes && a->no == b->no;
}

static void
enter(struct graph *graph, uint32_t number)
{
	uint32_t place = (uint32_t)hash_node(&graph->nodes[number]) & (graph->places - 1);

	while (graph->table[place])
		place = (place + 1) & (graph->places - 1);
	graph->table[place] = number + 1;
}

static void
grow(struct graph *graph)
{
	graph->room = graph->room ? 2 * graph->room : 64;
	graph->nodes = memory_resize(graph->nodes, graph->room, sizeof(*graph->nodes));
	graph->places = 2 * graph->room;
	free(graph->table);
	graph->table = memory_get(graph->places * sizeof(*graph->table));
	for (uint32_t i = 0; i < graph->count; i++)
		enter(graph, i);
}

static uint32_t
get(struct graph *graph, const struct graph_node *node)
{
	uint32_t place;

	if (node->yes == node->no && node->word != GRAPH_RETURN)
		return node->yes;
	if (graph->count == graph->room)
		grow(graph);
	place = (uint32_t)hash_node(node) & (graph->places - 1);
	for (; graph->table[place]; place = (place + 1) & (graph->places - 1))
		if (same(node, &graph->nodes[graph->table[place] - 1]))
			return graph->table[place] - 1;
	graph->table[place] = ++graph->count;
	graph->nodes[graph->count - 1] = *node;
	return graph->count - 1;
}

uint32_t
graph_return(struct graph *graph, uint32_t value)
{
	return get(graph, &(struct graph_node){ .word = GRAPH_RETURN, .value = value });
}

uint32_t
graph_equal(struct graph *graph, int word, uint32_t value, uint32_t yes, uint32_t no)
{
	return get(graph, &(struct graph_node){ (short)word, true, UINT32_MAX, value, yes, no });
}

bool
graph_reachable(uint64_t mask, uint64_t value, uint64_t *least)
{
	uint64_t never = value & ~mask;

	if (never) {
		uint64_t below = UINT64_MAX >> __builtin_clzll(never); /* from its highest bit on */

		/* All that does not count is set, so that one more goes to the next bit that does. */
		value = ((value | below | ~mask) + 1) & mask;
		if (!value)
			return false;
	}
	*least = value;
	return true;
}

/* What is being searched in. */
struct search {
	struct graph *graph;
	int word;
	uint32_t mask;
	const struct graph_region *regions;
	size_t count;
};

/* Whether region AT, not the last, is one value only. */
static bool
is_single(const struct search *search, size_t at)
{
	uint64_t next;

	return at < search->count - 1
	       && (!graph_reachable(search->mask, search->regions[at].first + 1, &next)
		   || next == search->regions[at + 1].first);
}

/* Regions of one node, and single values between and before them, which need a test each. */
struct group {
	size_t first;
	uint32_t node;
};

/* Behind the last region of NODE in a group that begins with region AT; AT: there is none. */
static size_t
group_end(const struct search *search, size_t at, uint32_t node)
{
	size_t end = at, singles = 0;

	for (size_t i = at; i < search->count; i++) {
		if (search->regions[i].node == node)
			end = i + 1;
		else if (!is_single(search, i) || ++singles > SINGLES)
			break;
	}
	return end;
}

/* The group that begins with region AT: with others of its node, or as a single value among others. */
static size_t
add_group(const struct search *search, size_t at, struct group *group)
{
	size_t end = group_end(search, at, search->regions[at].node), other;

	*group = (struct group){ at, search->regions[at].node };
	if (is_single(search, at)
	    && (other = group_end(search, at, search->regions[at + 1].node)) > end) {
		group->node = search->regions[at + 1].node;
		end = other;
	}
	return end;
}

static uint32_t
test(const struct search *search, bool is_equal, uint64_t value, uint32_t yes, uint32_t no)
{
	return get(search->graph, &(struct graph_node){ .word = (short)search->word,
							.is_equal = is_equal,
							.mask = search->mask,
							.value = (uint32_t)value,
							.yes = yes,
							.no = no });
}

/* Tells the regions of GROUP, up to before END, apart. */
static uint32_t
ask(const struct search *search, const struct group *group, size_t end)
{
	uint32_t node = group->node;

	for (size_t i = end; i-- > group->first;)
		if (search->regions[i].node != group->node)
			node = test(search, true, search->regions[i].first, search->regions[i].node,
				    node);
	return node;
}

/* Finds the group, of COUNT GROUPS, behind which there is another, and in it the region. */
static uint32_t
halve(const struct search *search, const struct group *groups, size_t count)
{
	size_t half = count / 2;
	uint32_t yes, no;

	if (count == 1)
		return ask(search, groups, groups[1].first);
	yes = halve(search, groups + half, count - half);
	no = halve(search, groups, half);
	return test(search, false, search->regions[groups[half].first].first, yes, no);
}

uint32_t
graph_search(struct graph *graph, int word, uint32_t mask, const struct graph_region *regions,
	     size_t count)
{
	struct search search = { graph, word, mask, regions, count };
	struct group *groups;
	size_t number = 0;

	if (count == 1)
		return regions[0].node;
	groups = pool_get(&graph->scratch, (count + 1) * sizeof(*groups));
	for (size_t at = 0; at < count;)
		at = add_group(&search, at, &groups[number++]);
	groups[number].first = count;
	return halve(&search, groups, number);
}

/* Finds the one of COUNT regions where the high half is HIGH; the first has its values up to the second. */
static uint32_t
search_low(struct graph *graph, int word, uint32_t mask, uint64_t high,
	   const struct graph_region *regions, size_t count)
{
	struct graph_region *low;

	if (count == 1)
		return regions[0].node;
	low = pool_get(&graph->scratch, count * sizeof(*low));
	low[0].node = regions[0].node;
	for (size_t i = 1; i < count; i++)
		low[i] = (struct graph_region){ regions[i].first - (high << 32), regions[i].node };
	return graph_search(graph, word, mask, low, count);
}

static void
add_region(struct graph_region *regions, size_t *count, uint64_t first, uint32_t node)
{
	if (!*count || regions[*count - 1].node != node)
		regions[(*count)++] = (struct graph_region){ first, node };
}

uint32_t
graph_search_wide(struct graph *graph, int word, uint64_t mask, const struct graph_region *regions,
		  size_t count)
{
	uint32_t high_mask = (uint32_t)(mask >> 32);
	struct graph_region *high;
	size_t number = 0, at = 0, end;
	uint64_t half = 0;

	if (!high_mask)
		return graph_search(graph, word, (uint32_t)mask, regions, count);
	/* Region AT is that of the values that begin with HALF; up to END there are others of them. */
	high = pool_get(&graph->scratch, 2 * count * sizeof(*high));
	do {
		for (end = at + 1; end < count && regions[end].first >> 32 == half;)
			end++;
		add_region(high, &number, half,
			   search_low(graph, word, (uint32_t)mask, half, &regions[at], end - at));
		if (end == at + 1) {
			if (end == count)
				break;
			half = regions[end].first >> 32;
		} else if (!graph_reachable(high_mask, half + 1, &half)) {
			break;
		}
		at = end < count && regions[end].first == half << 32 ? end : end - 1;
	} while (true);
	return graph_search(graph, word + GRAPH_HIGH, high_mask, high, number);
}

size_t
graph_size(struct graph *graph, uint32_t root, uint32_t from)
{
	size_t size = 0;
	char *seen;

	if (root < from)
		return 0;
	seen = pool_get(&graph->scratch, root - from + 1);
	seen[root - from] = 1;
	/* What a part leads to has lower numbers. */
	for (uint32_t i = root + 1; i-- > from;) {
		const struct graph_node *node = &graph->nodes[i];

		if (!seen[i - from])
			continue;
		size++;
		if (node->word == GRAPH_RETURN)
			continue;
		if (node->yes >= from)
			seen[node->yes - from] = 1;
		if (node->no >= from)
			seen[node->no - from] = 1;
	}
	return size;
}

void
graph_close(struct graph *graph)
{
	free(graph->nodes);
	free(graph->table);
	pool_close(&graph->scratch);
}
