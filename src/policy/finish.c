/* SPDX-License-Identifier: MIT */
/* When a policy has been read: what was not said, and what was said in vain. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "memory.h"
#include "policy/policy.h"

/* Rules that decide something whoever comes behind them, by their places in the policy, from 1 on. */
struct deciders {
	const struct policy *policy;
	uint32_t *named; /* those about one call, by hash; 0: none */
	size_t places;
	uint32_t *ranges; /* those about numbers, without a condition */
	size_t range_count;
};

static bool
same_place(const struct place *a, const struct place *b)
{
	return a->line == b->line && a->column == b->column && !strcmp(a->file, b->file)
	       && (a->path == b->path || (a->path && b->path && !strcmp(a->path, b->path)));
}

/* Options are one source, as if they were lines of a file. */
static bool
same_source(const struct place *a, const struct place *b)
{
	return !strcmp(a->file, b->file)
	       || (!strncmp(a->file, "--", 2) && !strncmp(b->file, "--", 2));
}

static bool
same_test(const struct policy_test *a, const struct policy_test *b)
{
	return a->argument == b->argument && a->is_low == b->is_low
	       && a->comparison == b->comparison && a->mask == b->mask && a->value == b->value;
}

static bool
same_condition(const struct policy_condition *a, const struct policy_condition *b)
{
	if (a == b)
		return true;
	if (!a || !b || a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		if (a->clauses[i].count != b->clauses[i].count)
			return false;
		for (size_t j = 0; j < a->clauses[i].count; j++)
			if (!same_test(&a->clauses[i].tests[j], &b->clauses[i].tests[j]))
				return false;
	}
	return true;
}

static uint64_t
hash_condition(uint64_t hash, const struct policy_condition *condition)
{
	for (size_t i = 0; condition && i < condition->count; i++)
		for (size_t j = 0; j < condition->clauses[i].count; j++) {
			const struct policy_test *test = &condition->clauses[i].tests[j];
			uint64_t words[] = { test->argument, (uint64_t)test->comparison, test->mask,
					     test->value };

			hash = hash_bytes(hash, words, sizeof(words));
		}
	return hash;
}

static uint64_t
hash_rule(int call, const struct policy_condition *condition)
{
	return hash_condition(hash_bytes(HASH_SEED, &call, sizeof(call)), condition);
}

/* Whether FIRST decides on all architectures that RULE is about. */
static bool
covers(const struct policy_rule *first, const struct policy_rule *rule)
{
	return !first->arches || (rule->arches && !(rule->arches & ~first->arches));
}

static const struct policy_rule *
find_named(const struct deciders *deciders, const struct policy_rule *rule,
	   const struct policy_condition *condition)
{
	size_t place = hash_rule(rule->call, condition) & (deciders->places - 1);

	for (; deciders->named[place]; place = (place + 1) & (deciders->places - 1)) {
		const struct policy_rule *decider =
			&deciders->policy->rules[deciders->named[place] - 1];

		if (decider->call == rule->call && same_condition(decider->condition, condition)
		    && covers(decider, rule))
			return decider;
	}
	return NULL;
}

/* Whether RANGE has all numbers of RULE. */
static bool
has_numbers(const struct policy_rule *range, const struct policy_rule *rule)
{
	uint32_t first, last;

	if (!covers(range, rule))
		return false;
	if (rule->call == SYSCALL_NONE)
		return rule->first >= range->first && rule->last <= range->last;
	for (enum arch arch = 0; arch < ARCHES; arch++)
		if (policy_numbers(rule, arch, &first, &last)
		    && (first < range->first || last > range->last))
			return false;
	return true;
}

/* What decides all that RULE is about before it can; NULL: nothing does. */
static const struct policy_rule *
find_decider(const struct deciders *deciders, const struct policy_rule *rule)
{
	const struct policy_rule *decider = NULL;

	if (rule->call != SYSCALL_NONE) {
		decider = find_named(deciders, rule, NULL);
		if (!decider && rule->condition)
			decider = find_named(deciders, rule, rule->condition);
	}
	for (size_t i = 0; i < deciders->range_count && !decider; i++)
		if (has_numbers(&deciders->policy->rules[deciders->ranges[i] - 1], rule))
			decider = &deciders->policy->rules[deciders->ranges[i] - 1];
	return decider;
}

static void
add_decider(struct deciders *deciders, const struct policy_rule *rule)
{
	uint32_t number = (uint32_t)(rule - deciders->policy->rules) + 1;
	size_t place;

	if (rule->call == SYSCALL_NONE) {
		if (rule->condition)
			return;
		deciders->ranges =
			memory_resize(deciders->ranges, deciders->range_count + 1, sizeof(number));
		deciders->ranges[deciders->range_count++] = number;
		return;
	}
	place = hash_rule(rule->call, rule->condition) & (deciders->places - 1);
	while (deciders->named[place])
		place = (place + 1) & (deciders->places - 1);
	deciders->named[place] = number;
}

static bool
same_action(const struct policy_action *a, const struct policy_action *b)
{
	return a->kind == b->kind && a->data == b->data;
}

static void
name_place(const struct place *place, char *where, size_t size)
{
	if (place->path)
		snprintf(where, size, "%s", place->path);
	else if (place->line)
		snprintf(where, size, "line %u", place->line);
	else
		snprintf(where, size, "%s", place->file);
}

static void
tell(const struct policy_rule *rule, const struct policy_rule *decider, struct problems *problems)
{
	bool is_same = same_action(&rule->action, &decider->action);
	const char *name = rule->call == SYSCALL_NONE ? "this" : syscalls_name(rule->call);
	char where[200];

	/* (Profiles in JSON have one call for several capabilities.) */
	if (!same_source(&rule->place, &decider->place) || (is_same && rule->place.path))
		return;
	name_place(&decider->place, where, sizeof(where));
	if (is_same)
		problems_warn(problems, &rule->place, "remove it here", "%s was said before (%s)",
			      name, where);
	else
		problems_warn(problems, &rule->place, "put it before that, or remove it",
			      "%s is decided before (%s), by the first rule that fits", name,
			      where);
}

/* Warns of COUNT rules from one place if nothing ever comes to any of them. */
static void
check_place(struct deciders *deciders, const struct policy_rule *rules, size_t count,
	    struct problems *problems)
{
	const struct policy_rule *decider = NULL;

	for (size_t i = count; i--;) {
		decider = find_decider(deciders, &rules[i]);
		if (!decider)
			break;
	}
	if (decider)
		tell(&rules[0], decider, problems);
	for (size_t i = 0; i < count; i++)
		add_decider(deciders, &rules[i]);
}

static void
check(const struct policy *policy, struct problems *problems)
{
	struct deciders deciders = { .policy = policy, .places = 64 };
	size_t end;

	while (deciders.places < 2 * policy->count)
		deciders.places *= 2;
	deciders.named = memory_get(deciders.places * sizeof(*deciders.named));
	for (size_t i = 0; i < policy->count; i = end) {
		const struct policy_rule *rules = policy->rules;

		for (end = i + 1;
		     end < policy->count && same_place(&rules[i].place, &rules[end].place);)
			end++;
		check_place(&deciders, &rules[i], end - i, problems);
	}
	free(deciders.named);
	free(deciders.ranges);
}

void
policy_finish(struct policy *policy, struct problems *problems)
{
	bool allows = false;

	for (size_t i = 0; i < policy->count && !allows; i++)
		allows = policy->rules[i].action.kind == POLICY_ALLOW;
	if (!policy->has_otherwise)
		policy->otherwise = allows ? (struct policy_action){ POLICY_ERRNO, EPERM }
					   : (struct policy_action){ POLICY_ALLOW, 0 };
	if (!policy->has_newer) {
		policy->newer = (struct policy_action){ POLICY_ERRNO, ENOSYS };
		if (policy->otherwise.kind <= POLICY_LOG)
			policy->newer = policy->otherwise;
	}
	check(policy, problems);
}
