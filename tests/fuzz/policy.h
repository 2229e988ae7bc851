/* SPDX-License-Identifier: MIT */
/* What must hold of any policy that has been read, and of what is said about it. */
#ifndef BUTTER_FUZZ_POLICY_H
#define BUTTER_FUZZ_POLICY_H

#include "fuzz.h"

#include "policy/policy.h"

static inline void
must_be_tests(const struct policy_condition *condition)
{
	MUST(condition->count > 0);
	for (size_t i = 0; i < condition->count; i++) {
		MUST(condition->clauses[i].count > 0);
		for (size_t j = 0; j < condition->clauses[i].count; j++) {
			const struct policy_test *test = &condition->clauses[i].tests[j];

			MUST(test->argument < SYSCALL_ARGUMENTS);
			MUST(test->comparison <= POLICY_GE);
			MUST(!test->is_low
			     || (test->mask <= UINT32_MAX && test->value <= UINT32_MAX));
		}
	}
}

static inline void
must_be_policy(const struct policy *policy)
{
	for (size_t i = 0; i < policy->count; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		MUST(rule->call == SYSCALL_NONE ? rule->first <= rule->last
						: rule->call < syscalls_count());
		MUST(rule->action.kind <= POLICY_KILL && rule->action.kind != POLICY_NOTIFY);
		MUST(rule->action.kind != POLICY_ERRNO
		     || (rule->action.data && rule->action.data < 4096));
		MUST(rule->place.file);
		if (rule->condition)
			must_be_tests(rule->condition);
	}
}

/* TEXT is what was read; 0: places have no lines. */
static inline void
must_be_problems(const struct problems *problems, const uint8_t *text, size_t size, bool has_lines)
{
	size_t lines = 1, errors = 0;

	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n';
	for (size_t i = 0; i < problems->count; i++) {
		const struct problem *problem = &problems->all[i];

		MUST(problem->text && *problem->text && problem->place.file);
		MUST(!problem->hint || *problem->hint);
		MUST(problem->place.line <= lines && (has_lines || !problem->place.line));
		MUST(problem->place.column <= size + 1);
		errors += !problem->is_warning;
	}
	MUST(errors == problems->errors);
}

#endif
