/* SPDX-License-Identifier: MIT */
/*
 * One thing (an argument, or some bits of it) after the other: its values fall into ranges, each of which
 * leaves over those clauses that can still be true, with what they demand of other things.
 */
#include "policy/leaf.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "policy/paint.h"

struct thing {
	unsigned char argument;
	uint64_t mask;
};

struct span {
	uint64_t first, last;
};

/* One of SPANS must have the thing. */
struct demand {
	size_t thing;
	struct span *spans;
	size_t count;
};

/* Demands in the order of their things; with none of them left it leads to NODE. */
struct clause {
	struct demand *demands;
	size_t count;
	uint32_t node;
};

/* What is left of a clause: its demands from AT on. */
struct rest {
	const struct clause *clause;
	size_t at;
};

/* Rests that have been decided already. */
struct known {
	struct known *next;
	const struct rest *rests;
	size_t count;
	uint64_t hash;
	uint32_t node;
};

struct work {
	struct graph *graph;
	struct pool pool;
	bool is_narrow;
	struct thing *things;
	size_t thing_count, thing_room;
	struct clause *clauses;
	size_t count, demands; /* of all clauses */
	struct known **known;
	size_t known_places;
	size_t steps, steps_most; /* of deciding */
};

/* ---- From conditions to clauses */

static size_t
find_thing(struct work *work, unsigned char argument, uint64_t mask)
{
	struct thing *more;
	size_t i;

	for (i = 0; i < work->thing_count; i++)
		if (work->things[i].argument == argument && work->things[i].mask == mask)
			return i;
	if (i == work->thing_room) {
		work->thing_room = 2 * i + 8;
		more = pool_get(&work->pool, work->thing_room * sizeof(*more));
		if (i)
			memcpy(more, work->things, i * sizeof(*more));
		work->things = more;
	}
	work->things[work->thing_count++] = (struct thing){ argument, mask };
	return i;
}

/* A test, and what it is about. */
struct ask {
	size_t thing;
	enum policy_comparison comparison;
	uint64_t value;
};

static int
compare_asks(const void *a, const void *b)
{
	const struct ask *left = a, *right = b;

	if (left->thing != right->thing)
		return left->thing < right->thing ? -1 : 1;
	return (left->value > right->value) - (left->value < right->value);
}

/* Adds the values from FIRST to LAST that are possible under MASK. The span of the last ones has no end. */
static void
add_span(struct demand *demand, uint64_t mask, uint64_t first, uint64_t last)
{
	uint64_t behind;

	if (first > last || !graph_reachable(mask, first, &first) || first > last)
		return;
	if (last < mask && graph_reachable(mask, last + 1, &behind))
		last = behind - 1;
	else
		last = UINT64_MAX;
	if (demand->count && demand->spans[demand->count - 1].last == first - 1)
		demand->spans[demand->count - 1].last = last;
	else
		demand->spans[demand->count++] = (struct span){ first, last };
}

/* What COUNT ASKS of one thing, in the order of values, demand together. */
static struct demand
join(struct work *work, const struct ask *asks, size_t count)
{
	struct demand demand = { .thing = asks->thing };
	uint64_t mask = work->things[asks->thing].mask, first = 0, last = mask;
	bool is_never = false;

	demand.spans = pool_get(&work->pool, (count + 1) * sizeof(*demand.spans));
	for (size_t i = 0; i < count; i++) {
		uint64_t value = asks[i].value;
		enum policy_comparison comparison = asks[i].comparison;

		if (comparison == POLICY_NE)
			continue;
		is_never |= (comparison == POLICY_LT && !value)
			    || (comparison == POLICY_GT && value == UINT64_MAX);
		if (comparison == POLICY_EQ || comparison == POLICY_GE || comparison == POLICY_GT) {
			value += comparison == POLICY_GT;
			first = value > first ? value : first;
		}
		value = asks[i].value;
		if (comparison == POLICY_EQ || comparison == POLICY_LE || comparison == POLICY_LT) {
			value -= comparison == POLICY_LT;
			last = value < last ? value : last;
		}
	}
	for (size_t i = 0; i < count && !is_never && first <= last; i++)
		if (asks[i].comparison == POLICY_NE && asks[i].value >= first
		    && asks[i].value <= last) {
			if (asks[i].value > first)
				add_span(&demand, mask, first, asks[i].value - 1);
			first = asks[i].value + 1;
			is_never = !first;
		}
	if (!is_never)
		add_span(&demand, mask, first, last);
	return demand;
}

static void
add_clause(struct work *work, const struct policy_clause *from, uint32_t node)
{
	struct clause clause = { .node = node };
	struct ask *asks = pool_get(&work->pool, from->count * sizeof(*asks));
	size_t end;

	for (size_t i = 0; i < from->count; i++) {
		const struct policy_test *test = &from->tests[i];
		uint64_t bits = test->is_low ? UINT32_MAX : UINT64_MAX;
		uint64_t mask = test->mask & bits & (work->is_narrow ? UINT32_MAX : UINT64_MAX);

		asks[i] = (struct ask){ find_thing(work, test->argument, mask), test->comparison,
					test->value & bits };
	}
	qsort(asks, from->count, sizeof(*asks), compare_asks);
	clause.demands = pool_get(&work->pool, from->count * sizeof(*clause.demands));
	for (size_t i = 0; i < from->count; i = end) {
		struct demand demand;

		for (end = i + 1; end < from->count && asks[end].thing == asks[i].thing;)
			end++;
		demand = join(work, &asks[i], end - i);
		if (!demand.count)
			return;
		if (demand.spans[0].first || demand.spans[0].last != UINT64_MAX)
			clause.demands[clause.count++] = demand;
	}
	work->demands += clause.count;
	work->clauses[work->count++] = clause;
}

/* ---- Deciding */

static struct known **
look_up(struct work *work, const struct rest *rests, size_t count, uint64_t *hash)
{
	struct known **known;

	*hash = hash_bytes(HASH_SEED, rests, count * sizeof(*rests));
	for (known = &work->known[*hash & (work->known_places - 1)]; *known;
	     known = &(*known)->next)
		if ((*known)->hash == *hash && (*known)->count == count
		    && !memcmp((*known)->rests, rests, count * sizeof(*rests)))
			break;
	return known;
}

/* The thing that is decided on next: the first that one of RESTS demands something of. */
static size_t
next_thing(const struct rest *rests, size_t count)
{
	size_t thing = SIZE_MAX;

	for (size_t i = 0; i < count; i++)
		if (rests[i].at < rests[i].clause->count
		    && rests[i].clause->demands[rests[i].at].thing < thing)
			thing = rests[i].clause->demands[rests[i].at].thing;
	return thing;
}

/* What COUNT RESTS claim of THING's values; in LEFT, what will be left of each that fits. */
static struct paint_claim *
claim(struct work *work, const struct rest *rests, size_t count, size_t thing, struct rest *left,
      size_t *number)
{
	struct paint_claim *claims;

	*number = count;
	for (size_t i = 0; i < count; i++)
		if (rests[i].at < rests[i].clause->count)
			*number += rests[i].clause->demands[rests[i].at].count;
	claims = pool_get(&work->pool, *number * sizeof(*claims));
	*number = 0;
	for (size_t i = 0; i < count; i++) {
		const struct clause *clause = rests[i].clause;
		const struct demand *demand =
			rests[i].at < clause->count ? &clause->demands[rests[i].at] : NULL;

		left[i] = rests[i];
		if (!demand || demand->thing != thing) {
			claims[(*number)++] =
				(struct paint_claim){ 0, UINT64_MAX, (uint32_t)i, !demand };
			continue;
		}
		left[i].at++;
		for (size_t j = 0; j < demand->count; j++)
			claims[(*number)++] =
				(struct paint_claim){ demand->spans[j].first, demand->spans[j].last,
						      (uint32_t)i, left[i].at == clause->count };
	}
	return claims;
}

static uint32_t decide(struct work *work, const struct rest *rests, size_t count);

static uint32_t
decide_cell(struct work *work, const struct paint *cells, uint32_t cell, const struct rest *left)
{
	size_t count = paint_count(cells, cell);
	uint32_t *owners = pool_get(&work->pool, count * sizeof(*owners));
	struct rest *rests;

	paint_owners(cells, cell, owners);
	if (count == 1)
		return left[*owners].clause->node;
	rests = pool_get(&work->pool, count * sizeof(*rests));
	for (size_t i = 0; i < count; i++)
		rests[i] = left[owners[i]];
	return decide(work, rests, count);
}

/* Where the first of RESTS that is true leads to; the last is. After too many steps that is anywhere. */
static uint32_t
decide(struct work *work, const struct rest *rests, size_t count)
{
	struct rest *left;
	struct paint_claim *claims;
	struct paint cells;
	struct graph_region *regions;
	struct known **place, *known;
	size_t thing, number, region_count = 0;
	uint64_t hash, mask;
	uint32_t node;

	work->steps += count;
	if (rests->at == rests->clause->count || work->steps > work->steps_most)
		return rests->clause->node;
	if (*look_up(work, rests, count, &hash))
		return (*look_up(work, rests, count, &hash))->node;

	thing = next_thing(rests, count);
	mask = work->things[thing].mask;
	left = pool_get(&work->pool, count * sizeof(*left));
	claims = claim(work, rests, count, thing, left, &number);
	paint(&cells, &work->pool, claims, number, mask);
	regions = pool_get(&work->pool, cells.count * sizeof(*regions));
	for (uint32_t i = 0; i < cells.count; i++) {
		node = decide_cell(work, &cells, i, left);
		if (!region_count || regions[region_count - 1].node != node)
			regions[region_count++] = (struct graph_region){ cells.firsts[i], node };
	}
	node = graph_search_wide(work->graph, GRAPH_ARGUMENTS + 8 * work->things[thing].argument,
				 mask, regions, region_count);

	place = look_up(work, rests, count, &hash);
	known = pool_get(&work->pool, sizeof(*known));
	*known = (struct known){ .rests = rests, .count = count, .hash = hash, .node = node };
	*place = known;
	return node;
}

static uint32_t
decide_all(struct work *work)
{
	struct rest *rests = pool_get(&work->pool, work->count * sizeof(*rests));

	for (size_t i = 0; i < work->count; i++)
		rests[i].clause = &work->clauses[i];
	return decide(work, rests, work->count);
}

/* The same, one clause after the other. */
static uint32_t
decide_each(struct work *work)
{
	uint32_t node = work->clauses[work->count - 1].node;

	for (size_t i = work->count - 1; i--;) {
		struct clause *otherwise = pool_get(&work->pool, sizeof(*otherwise));
		struct rest *rests = pool_get(&work->pool, 2 * sizeof(*rests));

		otherwise->node = node;
		rests[0].clause = &work->clauses[i];
		rests[1].clause = otherwise;
		node = decide(work, rests, 2);
	}
	return node;
}

/* Where things have little to do with each other, ranges of one times ranges of another can be too many. */
static uint32_t
decide_best(struct work *work)
{
	uint32_t from = work->graph->count, all, each;
	bool is_too_much;

	work->steps_most = 64 * (work->demands + work->count) + 4096;
	all = decide_all(work);
	is_too_much = work->steps > work->steps_most;
	if (!is_too_much && (work->count <= 2 || work->thing_count <= 1))
		return all;
	work->steps_most = SIZE_MAX;
	each = decide_each(work);
	if (is_too_much
	    || graph_size(work->graph, all, from) > graph_size(work->graph, each, from) * 3 / 2 + 4)
		return each;
	return all;
}

uint32_t
leaf(struct graph *graph, const struct leaf_rule *rules, size_t count, bool is_narrow)
{
	struct work work = { .graph = graph, .is_narrow = is_narrow };
	static const struct policy_clause always = { 0 };
	size_t room = 1;
	uint32_t node;

	for (size_t i = 0; i < count; i++)
		room += rules[i].condition ? rules[i].condition->count : 1;
	work.clauses = pool_get(&work.pool, room * sizeof(*work.clauses));
	for (size_t i = 0; i < count; i++) {
		const struct policy_condition *condition = rules[i].condition;

		for (size_t j = 0; condition && j < condition->count; j++)
			add_clause(&work, &condition->clauses[j], rules[i].node);
		if (!condition)
			add_clause(&work, &always, rules[i].node);
	}
	for (work.known_places = 16; work.known_places < work.count;)
		work.known_places *= 2;
	work.known = pool_get(&work.pool, work.known_places * sizeof(struct known *));
	node = decide_best(&work);
	pool_close(&work.pool);
	return node;
}
