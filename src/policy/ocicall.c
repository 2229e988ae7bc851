/* SPDX-License-Identifier: MIT */
#include "policy/ocicall.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"
#include "policy/cubes.h"
#include "policy/otherwise.h"

/* ---- a clause as rules ---- */

/* What a clause asks of one argument: some of these. */
struct choice {
	struct policy_test *tests;
	size_t count;
};

static void
add_choice(struct choice *choice, const struct policy_test *test)
{
	choice->tests = memory_resize(choice->tests, choice->count + 1, sizeof(*choice->tests));
	choice->tests[choice->count++] = *test;
}

/* Whether JSON has a word for TEST alone. */
static bool
is_plain(const struct policy_test *test)
{
	return !test->is_low && (test->mask == UINT64_MAX || test->comparison == POLICY_EQ)
	       && (test->comparison != POLICY_EQ || !(test->value & ~test->mask));
}

/* Whether B is true wherever A is. */
static bool
implies(const struct policy_test *a, const struct policy_test *b)
{
	struct cubes cubes = { 0 };
	struct policy_test fails = *b;
	bool is_empty;

	fails.comparison = clauses_opposite[fails.comparison];
	cubes_fill(&cubes);
	cubes_keep(&cubes, a);
	cubes_keep(&cubes, &fails);
	is_empty = !cubes.count;
	cubes_close(&cubes);
	return is_empty;
}

/* Adds TEST to those of one argument that matter, which all are to be true. */
static size_t
add_test(const struct policy_test **tests, size_t count, const struct policy_test *test)
{
	size_t left = 0;

	for (size_t i = 0; i < count; i++)
		if (implies(tests[i], test))
			return count;
	for (size_t i = 0; i < count; i++)
		if (!implies(test, tests[i]))
			tests[left++] = tests[i];
	tests[left++] = test;
	return left;
}

/* CHOICE is empty if ARGUMENT can never be so; a test with an empty mask means that it is not asked. */
static void
choose(struct choice *choice, const struct policy_clause *clause, unsigned argument)
{
	const struct policy_test **tests =
		memory_resize(NULL, clause->count + 1, sizeof(const struct policy_test *));
	struct cubes cubes = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < clause->count; i++)
		if (clause->tests[i].argument == argument)
			count = add_test(tests, count, &clause->tests[i]);
	if (count == 1 && is_plain(tests[0])) {
		add_choice(choice, tests[0]);
		free(tests);
		return;
	}
	cubes_fill(&cubes);
	for (size_t i = 0; i < count; i++)
		cubes_keep(&cubes, tests[i]);
	cubes_merge(&cubes);
	for (size_t i = 0; i < cubes.count; i++) {
		struct policy_test test = { .argument = (unsigned char)argument,
					    .comparison = POLICY_EQ,
					    .mask = cubes.all[i].mask,
					    .value = cubes.all[i].bits };

		add_choice(choice, &test);
	}
	cubes_close(&cubes);
	free(tests);
}

static struct ocicall_rule *
add_rule(struct ocicall *call, struct policy_action action)
{
	if (call->count == call->room) {
		call->room = call->room ? 2 * call->room : 4;
		call->rules = memory_resize(call->rules, call->room, sizeof(*call->rules));
	}
	call->rules[call->count] = (struct ocicall_rule){ .action = action };
	return &call->rules[call->count++];
}

/* A rule for each way to choose. */
static int
multiply(struct ocicall *call, const struct choice choices[SYSCALL_ARGUMENTS],
	 struct policy_action action)
{
	size_t all = 1;

	for (unsigned i = 0; i < SYSCALL_ARGUMENTS; i++) {
		all *= choices[i].count;
		if (all + call->count > CLAUSES_MOST) {
			errno = E2BIG;
			return -1;
		}
	}
	for (size_t number = 0; number < all; number++) {
		struct ocicall_rule *rule = add_rule(call, action);
		size_t rest = number;

		for (unsigned i = SYSCALL_ARGUMENTS; i-- > 0; rest /= choices[i].count) {
			const struct policy_test *test = &choices[i].tests[rest % choices[i].count];

			if (!test->mask)
				continue;
			memmove(rule->tests + 1, rule->tests, rule->count++ * sizeof(*rule->tests));
			rule->tests[0] = *test;
		}
	}
	return 0;
}

static int
add_clause(struct ocicall *call, const struct policy_clause *clause, struct policy_action action)
{
	struct choice choices[SYSCALL_ARGUMENTS] = { 0 };
	bool is_possible = true;
	int status = 0;

	for (unsigned i = 0; i < SYSCALL_ARGUMENTS; i++) {
		choose(&choices[i], clause, i);
		is_possible &= choices[i].count > 0;
	}
	if (is_possible)
		status = multiply(call, choices, action);
	for (unsigned i = 0; i < SYSCALL_ARGUMENTS; i++)
		free(choices[i].tests);
	return status;
}

/* ---- rules in order as rules without one ---- */

static bool
is_impossible(const struct policy_clause *clause)
{
	for (unsigned argument = 0; argument < SYSCALL_ARGUMENTS; argument++) {
		struct cubes cubes = { 0 };
		bool is_empty;

		cubes_fill(&cubes);
		for (size_t i = 0; i < clause->count; i++)
			if (clause->tests[i].argument == argument)
				cubes_keep(&cubes, &clause->tests[i]);
		is_empty = !cubes.count;
		cubes_close(&cubes);
		if (is_empty)
			return true;
	}
	return false;
}

/* Whether a value can be in both. */
static bool
meet(const struct policy_clause *a, const struct policy_clause *b)
{
	struct clauses both = { 0 };
	bool is_there;

	clauses_add(&both, a, b);
	is_there = !is_impossible(&both.all[0]);
	clauses_close(&both);
	return is_there;
}

/* Adds what is in CLAUSE and not in OTHER: one of its tests fails. */
static void
add_rest(struct clauses *rest, const struct policy_clause *clause,
	 const struct policy_clause *other)
{
	if (!meet(clause, other)) {
		clauses_add(rest, clause, NULL);
		return;
	}
	for (size_t i = 0; i < other->count; i++) {
		struct policy_test test = other->tests[i];
		const struct policy_clause fails = { &test, 1 };

		test.comparison = clauses_opposite[test.comparison];
		if (meet(clause, &fails))
			clauses_add(rest, clause, &fails);
	}
}

/* SOME becomes what is in it and not in CONDITION. */
static bool
take_away(struct clauses *some, const struct policy_condition *condition)
{
	for (size_t i = 0; i < condition->count; i++) {
		struct clauses rest = { 0 };

		for (size_t j = 0; j < some->count && rest.tests <= CLAUSES_MOST; j++)
			add_rest(&rest, &some->all[j], &condition->clauses[i]);
		clauses_close(some);
		*some = rest;
		if (some->tests > CLAUSES_MOST)
			return false;
	}
	return true;
}

struct said {
	const struct policy_condition *condition; /* NULL: in any case */
	struct policy_action action;
};

/*
 * What the rule at THIS decides: its condition without those of rules before it that want something
 * else.
 */
static int
add_said(struct ocicall *call, const struct said *said, size_t this)
{
	static const struct policy_clause always;
	const struct policy_condition *condition = said[this].condition;
	struct clauses some = { 0 };
	int status = 0;

	if (!condition)
		clauses_add(&some, &always, NULL);
	for (size_t i = 0; condition && i < condition->count; i++)
		clauses_add(&some, &condition->clauses[i], NULL);
	for (size_t i = 0; i < this && !status; i++)
		if (!otherwise_is(&said[i].action, &said[this].action)
		    && !take_away(&some, said[i].condition)) {
			errno = E2BIG;
			status = -1;
		}
	for (size_t i = 0; i < some.count && !status; i++)
		status = add_clause(call, &some.all[i], said[this].action);
	clauses_close(&some);
	return status;
}

int
ocicall_make(struct ocicall *zeroed, const struct policy *policy, int call, enum arch arch)
{
	int64_t number = syscalls_number(call, arch);
	struct said *said = NULL;
	size_t count = 0;
	int status = 0;

	for (size_t i = 0; i < policy->count && number >= 0; i++) {
		const struct policy_rule *rule = &policy->rules[i];
		uint32_t first, last;

		if ((rule->call != SYSCALL_NONE && rule->call != call)
		    || !policy_numbers(rule, arch, &first, &last) || number < first
		    || number > last)
			continue;
		said = memory_resize(said, count + 1, sizeof(*said));
		said[count++] = (struct said){ rule->condition, rule->action };
		if (!rule->condition)
			break;
	}
	zeroed->is_named = count > 0;
	for (size_t i = 0; i < count && !status; i++)
		if (!otherwise_is(&said[i].action, &policy->otherwise))
			status = add_said(zeroed, said, i);
	free(said);
	/* What is done in any case is all that needs to be said. */
	for (size_t i = 0; i < zeroed->count; i++)
		if (!zeroed->rules[i].count) {
			zeroed->rules[0] = zeroed->rules[i];
			zeroed->count = 1;
		}
	return status;
}

bool
ocicall_is(const struct ocicall *a, const struct ocicall *b)
{
	if (a->count != b->count || a->is_named != b->is_named)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct ocicall_rule *left = &a->rules[i], *right = &b->rules[i];

		if (!otherwise_is(&left->action, &right->action) || left->count != right->count)
			return false;
		for (size_t j = 0; j < left->count; j++)
			if (left->tests[j].argument != right->tests[j].argument
			    || left->tests[j].comparison != right->tests[j].comparison
			    || left->tests[j].mask != right->tests[j].mask
			    || left->tests[j].value != right->tests[j].value)
				return false;
	}
	return true;
}

void
ocicall_close(struct ocicall *call)
{
	free(call->rules);
	*call = (struct ocicall){ 0 };
}
