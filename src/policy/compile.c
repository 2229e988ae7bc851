/* SPDX-License-Identifier: MIT */
#include "policy/compile.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "memory.h"
#include "policy/emit.h"
#include "policy/graph.h"
#include "policy/leaf.h"
#include "policy/paint.h"

struct compilation {
	const struct policy *policy;
	const struct compile_how *how;
	struct graph graph;
	struct pool pool;
	struct paint_claim *claims; /* of one kind of machine */
	size_t count, room;
	struct known *known[64]; /* by hash */
};

/* What rules lead to that have been met before: on another number, or on another machine. */
struct known {
	struct known *next;
	const struct leaf_rule *rules;
	size_t count;
	bool is_narrow;
	uint32_t node;
};

/* A claim's owner is a rule, by its place in the policy, or behind all these: */
enum { OTHERWISE, NEWER, FOREIGN };

/* ---- What is returned */

static uint32_t
value_of(const struct policy_action *action, bool notifies)
{
	switch (action->kind) {
	case POLICY_ALLOW:
		return SECCOMP_RET_ALLOW;
	case POLICY_LOG:
		return SECCOMP_RET_LOG;
	case POLICY_TRACE:
		return SECCOMP_RET_TRACE | action->data;
	default:
		break;
	}
	if (notifies || action->kind == POLICY_NOTIFY)
		return SECCOMP_RET_USER_NOTIF;
	switch (action->kind) {
	case POLICY_ERRNO:
		return SECCOMP_RET_ERRNO | action->data;
	case POLICY_TRAP:
		return SECCOMP_RET_TRAP | action->data;
	case POLICY_KILL_THREAD:
		return SECCOMP_RET_KILL_THREAD;
	default:
		return SECCOMP_RET_KILL_PROCESS;
	}
}

/* What becomes of calls of architectures that are not let in. */
static const struct policy_action foreign = { POLICY_KILL, 0 };

/* The condition of a claim's OWNER, and in *NODE what it leads to. */
static const struct policy_condition *
find_end(struct compilation *compilation, size_t owner, uint32_t *node)
{
	const struct policy *policy = compilation->policy;
	uint32_t value = value_of(&foreign, compilation->how->notifies);

	if (owner < policy->count)
		value = value_of(&policy->rules[owner].action, compilation->how->notifies);
	else if (owner == policy->count + OTHERWISE)
		value = value_of(&policy->otherwise, compilation->how->notifies);
	else if (owner == policy->count + NEWER)
		value = value_of(&policy->newer, compilation->how->notifies);
	*node = graph_return(&compilation->graph, value);
	return owner < policy->count ? policy->rules[owner].condition : NULL;
}

/* ---- Who claims which number */

/* Numbers of ARCH on a kind of machine that may have two: x86_64 and x32. */
struct section {
	enum arch arch;
	uint32_t first, last;
};

static void
claim(struct compilation *compilation, const struct section *section, uint32_t first, uint32_t last,
      size_t owner)
{
	const struct policy *policy = compilation->policy;
	bool decides = owner >= policy->count || !policy->rules[owner].condition;

	if (first < section->first)
		first = section->first;
	if (last > section->last)
		last = section->last;
	if (first > last)
		return;
	if (compilation->count == compilation->room) {
		compilation->room += policy->count + 16;
		compilation->claims = memory_resize(compilation->claims, compilation->room,
						    sizeof(*compilation->claims));
	}
	compilation->claims[compilation->count++] =
		(struct paint_claim){ first, last, (uint32_t)owner, decides };
}

/* All that the policy says of the numbers of SECTION. */
static void
claim_section(struct compilation *compilation, const struct section *section)
{
	const struct policy *policy = compilation->policy;
	uint32_t first, last;

	for (size_t i = 0; i < policy->count; i++)
		if (policy_numbers(&policy->rules[i], section->arch, &first, &last))
			claim(compilation, section, first, last, i);
	if (policy_apart(section->arch, &first, &last))
		claim(compilation, section, first, last, policy->count + OTHERWISE);
	claim(compilation, section, policy_newer(policy, section->arch), UINT32_MAX - 1,
	      policy->count + NEWER);
	claim(compilation, section, 0, UINT32_MAX, policy->count + OTHERWISE);
}

/* The sections of the machine that ARCH is one of; numbers that are in none are foreign. */
static size_t
divide(unsigned arches, enum arch arch, struct section sections[3])
{
	uint32_t bit = arch_facts(ARCH_X32)->bit;
	size_t count = 0;

	if (arch != ARCH_X86_64 && arch != ARCH_X32) {
		sections[0] = (struct section){ arch, 0, UINT32_MAX };
		return 1;
	}
	if (arches & 1U << ARCH_X86_64)
		sections[count++] = (struct section){ ARCH_X86_64, 0, bit - 1 };
	if (arches & 1U << ARCH_X32)
		sections[count++] = (struct section){ ARCH_X32, bit, UINT32_MAX - 1 };
	sections[count] = (struct section){ sections[0].arch, UINT32_MAX, UINT32_MAX };
	return count + 1;
}

/* ---- Deciding */

static uint32_t
find_leaf(struct compilation *compilation, const struct leaf_rule *rules, size_t count,
	  bool is_narrow)
{
	size_t size = count * sizeof(*rules);
	struct known **place = &compilation->known[hash_bytes(HASH_SEED, rules, size) % 64], *known;

	for (known = *place; known; known = known->next)
		if (known->count == count && known->is_narrow == is_narrow
		    && !memcmp(known->rules, rules, size))
			return known->node;
	known = pool_get(&compilation->pool, sizeof(*known));
	*known = (struct known){ *place, rules, count, is_narrow, 0 };
	known->node = leaf(&compilation->graph, rules, count, is_narrow);
	*place = known;
	return known->node;
}

static uint32_t
decide(struct compilation *compilation, const struct paint *cells, uint32_t cell, bool is_narrow)
{
	size_t count = paint_count(cells, cell);
	uint32_t few[4], *owners = few, node;
	struct leaf_rule *rules;

	if (count > 4)
		owners = pool_take(&compilation->pool, count * sizeof(*owners));
	paint_owners(cells, cell, owners);
	if (!find_end(compilation, *owners, &node))
		return node;
	/* (Zeroed, with what is between its fields: it is hashed.) */
	rules = pool_get(&compilation->pool, count * sizeof(*rules));
	for (size_t i = 0; i < count; i++)
		rules[i].condition = find_end(compilation, owners[i], &rules[i].node);
	return find_leaf(compilation, rules, count, is_narrow);
}

/* What decides all numbers of the machine that ARCH is one of. */
static uint32_t
decide_machine(struct compilation *compilation, enum arch arch)
{
	struct section sections[3], all = { arch, 0, UINT32_MAX };
	size_t count = divide(compilation->how->arches, arch, sections), region_count = 0;
	struct graph_region *regions;
	struct paint cells;

	compilation->count = 0;
	for (size_t i = 0; i < count; i++)
		claim_section(compilation, &sections[i]);
	claim(compilation, &all, 0, UINT32_MAX, compilation->policy->count + FOREIGN);
	paint(&cells, &compilation->pool, compilation->claims, compilation->count, UINT32_MAX);
	regions = pool_take(&compilation->pool, cells.count * sizeof(*regions));
	for (uint32_t i = 0; i < cells.count; i++) {
		uint32_t node = decide(compilation, &cells, i, !arch_facts(arch)->has_wide);

		if (!region_count || regions[region_count - 1].node != node)
			regions[region_count++] = (struct graph_region){ cells.firsts[i], node };
	}
	return graph_search(&compilation->graph, GRAPH_NUMBER, UINT32_MAX, regions, region_count);
}

static uint32_t
add_machine(struct compilation *compilation, enum arch arch, uint32_t others)
{
	return graph_equal(&compilation->graph, GRAPH_ARCH, arch_facts(arch)->audit,
			   decide_machine(compilation, arch), others);
}

/* Tells the kinds of machines apart; the native one is asked for first. */
static uint32_t
decide_all(struct compilation *compilation)
{
	unsigned arches = compilation->how->arches, native = 0;
	uint32_t node =
		graph_return(&compilation->graph, value_of(&foreign, compilation->how->notifies));
	enum arch first = ARCH_NONE;

	if (arch_native() != ARCH_NONE)
		native = arch_facts(arch_native())->audit;
	for (enum arch arch = 0; arch < ARCHES; arch++) {
		if (!(arches & 1U << arch))
			continue;
		if (arch_facts(arch)->audit == native)
			first = arch;
		else if (arch != ARCH_X32 || !(arches & 1U << ARCH_X86_64))
			node = add_machine(compilation, arch, node);
	}
	return first == ARCH_NONE ? node : add_machine(compilation, first, node);
}

int
compile(const struct policy *policy, const struct compile_how *how, struct program *program)
{
	struct compilation compilation = { .policy = policy, .how = how };

	uint32_t root = decide_all(&compilation);

	emit(&compilation.graph, root, program);
	free(compilation.claims);
	graph_close(&compilation.graph);
	pool_close(&compilation.pool);
	if (program->count <= COMPILE_MOST)
		return 0;
	free(program->code);
	program->code = NULL;
	errno = E2BIG;
	return -1;
}
