/* SPDX-License-Identifier: MIT */
/*
 * From the end to the beginning: jumps go forward only, so that where they go to is known already.
 * Conditional ones reach 255 instructions far; between one test and the next, where nothing runs into, there
 * is place for a jump that goes on from there, or for one more return of the same.
 */
#include "policy/emit.h"

#include <stdlib.h>

#include "memory.h"

enum { FAR = 255 };

/* The ways into a test: its word has to be loaded first; it is, but not masked; it is both. */
enum entry { ENTRY_LOAD, ENTRY_MASK, ENTRY_JUMP, ENTRIES };

struct landing {
	uint32_t at[ENTRIES]; /* the nearest instruction that leads there, from 1 at the end on */
	bool has_load, has_mask;                          /* somebody comes that needs it */
	enum { PLACE_NEW, PLACE_OPEN, PLACE_DONE } state; /* while parts are put in order */
};

struct emission {
	const struct graph *graph;
	struct landing *landings; /* of each part of the graph */
	struct sock_filter *code; /* backwards */
	uint32_t count, room;
};

static void
add(struct emission *emission, unsigned short code, uint32_t k, uint32_t yes, uint32_t no)
{
	if (emission->count == emission->room) {
		emission->room = emission->room ? 2 * emission->room : 128;
		emission->code =
			memory_resize(emission->code, emission->room, sizeof(*emission->code));
	}
	emission->code[emission->count++] =
		(struct sock_filter){ code, (uint8_t)yes, (uint8_t)no, k };
}

/* Whether a word is tested as a whole, or for any bit of its mask: then it stays as it is. */
static bool
is_bits(const struct graph_node *node)
{
	if (!~node->mask)
		return false;
	return node->is_equal ? !node->value : node->value == (node->mask & -node->mask);
}

static bool
needs_mask(const struct graph_node *node)
{
	return ~node->mask && !is_bits(node);
}

/* Where to enter TO, coming from FROM. */
static enum entry
entry(const struct graph *graph, uint32_t from, uint32_t to)
{
	const struct graph_node *before = &graph->nodes[from], *node = &graph->nodes[to];
	bool is_masked = needs_mask(before);

	if (node->word == GRAPH_RETURN)
		return ENTRY_JUMP;
	if (before->word != node->word)
		return ENTRY_LOAD;
	if (!needs_mask(node))
		return is_masked ? ENTRY_LOAD : ENTRY_JUMP;
	if (!is_masked)
		return ENTRY_MASK;
	return before->mask == node->mask ? ENTRY_JUMP : ENTRY_LOAD;
}

static void
come(struct emission *emission, uint32_t from, uint32_t to)
{
	enum entry way = entry(emission->graph, from, to);

	emission->landings[to].has_load |= way == ENTRY_LOAD;
	emission->landings[to].has_mask |= way != ENTRY_JUMP;
}

/* The same place with a return, which is entered in one way only, or with a test. */
static uint32_t *
nearest(struct emission *emission, uint32_t from, uint32_t to)
{
	return &emission->landings[to].at[entry(emission->graph, from, to)];
}

static bool
is_near(const struct emission *emission, uint32_t at)
{
	return emission->count - at <= FAR;
}

/* Makes sure that the next instruction can jump to *AT, a way into TO; returns whether it could not. */
static bool
approach(struct emission *emission, uint32_t to, uint32_t *at)
{
	const struct graph_node *node = &emission->graph->nodes[to];

	if (is_near(emission, *at))
		return false;
	if (node->word == GRAPH_RETURN)
		add(emission, BPF_RET | BPF_K, node->value, 0, 0);
	else
		add(emission, BPF_JMP | BPF_JA, emission->count - *at, 0, 0);
	*at = emission->count;
	return true;
}

static void
add_test(struct emission *emission, uint32_t number)
{
	const struct graph_node *node = &emission->graph->nodes[number];
	struct landing *landing = &emission->landings[number];
	uint32_t *yes = nearest(emission, number, node->yes),
		 *no = nearest(emission, number, node->no);
	uint32_t to_yes, to_no;

	/* What is put between here and one of them makes the other farther. */
	while (approach(emission, node->yes, yes) || approach(emission, node->no, no))
		;
	to_yes = emission->count - *yes;
	to_no = emission->count - *no;
	if (is_bits(node) && node->is_equal)
		add(emission, BPF_JMP | BPF_JSET | BPF_K, node->mask, to_no, to_yes);
	else if (is_bits(node))
		add(emission, BPF_JMP | BPF_JSET | BPF_K, node->mask, to_yes, to_no);
	else
		add(emission, BPF_JMP | (node->is_equal ? BPF_JEQ : BPF_JGE) | BPF_K, node->value,
		    to_yes, to_no);
	landing->at[ENTRY_JUMP] = emission->count;
	if (landing->has_mask && needs_mask(node))
		add(emission, BPF_ALU | BPF_AND | BPF_K, node->mask, 0, 0);
	landing->at[ENTRY_MASK] = emission->count;
	if (landing->has_load)
		add(emission, BPF_LD | BPF_W | BPF_ABS, (uint32_t)node->word, 0, 0);
	landing->at[ENTRY_LOAD] = emission->count;
}

/*
 * Puts all parts that are reached from ROOT in order: each before those that lead to it, as near as can be to
 * the first of these.
 */
static uint32_t *
order(struct emission *emission, uint32_t root, size_t *count)
{
	const struct graph_node *nodes = emission->graph->nodes;
	uint32_t *ordered = memory_get((root + 1) * sizeof(*ordered));
	uint32_t *waiting = memory_get((2 * (size_t)root + 3) * sizeof(*waiting));
	size_t depth = 0;

	*count = 0;
	waiting[depth++] = root;
	while (depth) {
		uint32_t at = waiting[depth - 1];
		struct landing *landing = &emission->landings[at];

		if (landing->state == PLACE_NEW && nodes[at].word != GRAPH_RETURN) {
			landing->state = PLACE_OPEN;
			if (emission->landings[nodes[at].no].state == PLACE_NEW)
				waiting[depth++] = nodes[at].no;
			if (emission->landings[nodes[at].yes].state == PLACE_NEW)
				waiting[depth++] = nodes[at].yes;
			continue;
		}
		if (landing->state != PLACE_DONE)
			ordered[(*count)++] = at;
		landing->state = PLACE_DONE;
		depth--;
	}
	free(waiting);
	return ordered;
}

static void
turn(struct program *program)
{
	for (size_t i = 0, j = program->count - 1; i < j; i++, j--) {
		struct sock_filter swap = program->code[i];

		program->code[i] = program->code[j];
		program->code[j] = swap;
	}
}

void
emit(const struct graph *graph, uint32_t root, struct program *program)
{
	struct emission emission = { .graph = graph };
	uint32_t *ordered;
	size_t count;

	emission.landings = memory_get((root + 1) * sizeof(*emission.landings));
	ordered = order(&emission, root, &count);
	emission.landings[root].has_load = true;
	for (size_t i = 0; i < count; i++) {
		const struct graph_node *node = &graph->nodes[ordered[i]];

		if (node->word == GRAPH_RETURN)
			continue;
		come(&emission, ordered[i], node->yes);
		come(&emission, ordered[i], node->no);
	}
	for (size_t i = 0; i < count; i++) {
		const struct graph_node *node = &graph->nodes[ordered[i]];

		if (node->word != GRAPH_RETURN) {
			add_test(&emission, ordered[i]);
			continue;
		}
		add(&emission, BPF_RET | BPF_K, node->value, 0, 0);
		emission.landings[ordered[i]].at[ENTRY_JUMP] = emission.count;
	}
	free(ordered);
	free(emission.landings);
	program->code = emission.code;
	program->count = emission.count;
	turn(program);
}
