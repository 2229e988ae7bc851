/* SPDX-License-Identifier: MIT */
#include "policy/policy.h"

#include <stdlib.h>
#include <string.h>

#include "memory.h"

enum { NEWER_LEAST = 424, ARM_PRIVATE = 0xf0000, X32_LEAST = 512, X32_MOST = 547 };

#define NOBODYS UINT32_MAX /* -1, which a tracer sets so that a call is left out */

void *
policy_keep(struct policy *policy, size_t size)
{
	return pool_get(&policy->kept, size);
}

const char *
policy_keep_text(struct policy *policy, const char *text, size_t length)
{
	return memcpy(policy_keep(policy, length + 1), text, length);
}

void
policy_add(struct policy *policy, const struct policy_rule *rule)
{
	if (policy->count == policy->room) {
		policy->room = policy->room ? 2 * policy->room : 512;
		policy->rules = memory_resize(policy->rules, policy->room, sizeof(*rule));
	}
	policy->rules[policy->count++] = *rule;
}

bool
policy_numbers(const struct policy_rule *rule, enum arch arch, uint32_t *first, uint32_t *last)
{
	int64_t number;

	if (rule->arches && !(rule->arches & 1U << arch))
		return false;
	if (rule->call == SYSCALL_NONE) {
		*first = rule->first;
		*last = rule->last;
		return true;
	}
	number = syscalls_number(rule->call, arch);
	if (number < 0)
		return false;
	*first = *last = (uint32_t)number;
	return true;
}

/* Numbers of an architecture's own, which say nothing about how new a call is. */
bool
policy_apart(enum arch arch, uint32_t *first, uint32_t *last)
{
	if (arch == ARCH_ARM) {
		*first = ARM_PRIVATE;
		*last = UINT32_MAX;
		return true;
	}
	if (arch == ARCH_X32) {
		*first = arch_facts(arch)->bit + X32_LEAST;
		*last = arch_facts(arch)->bit + X32_MOST;
		return true;
	}
	return false;
}

static bool
is_apart(enum arch arch, uint32_t number)
{
	uint32_t first, last;

	return number == NOBODYS
	       || (policy_apart(arch, &first, &last) && number >= first && number <= last);
}

uint32_t
policy_newer(const struct policy *policy, enum arch arch)
{
	uint32_t newer = arch_facts(arch)->bit + NEWER_LEAST, first, last;

	for (size_t i = 0; i < policy->count; i++)
		if (policy_numbers(&policy->rules[i], arch, &first, &last) && last >= newer
		    && !is_apart(arch, first))
			newer = last == NOBODYS ? last : last + 1;
	return newer;
}

bool
policy_test_holds(const struct policy_test *test, uint64_t argument)
{
	uint64_t bits = test->is_low ? UINT32_MAX : UINT64_MAX;
	uint64_t value = test->value & bits;

	argument &= test->mask & bits;
	switch (test->comparison) {
	case POLICY_EQ:
		return argument == value;
	case POLICY_NE:
		return argument != value;
	case POLICY_LT:
		return argument < value;
	case POLICY_LE:
		return argument <= value;
	case POLICY_GT:
		return argument > value;
	default:
		return argument >= value;
	}
}

static bool
clause_holds(const struct policy_clause *clause, enum arch arch, const uint64_t arguments[])
{
	for (size_t i = 0; i < clause->count; i++) {
		uint64_t argument = arguments[clause->tests[i].argument];

		if (!policy_test_holds(&clause->tests[i],
				       arch_facts(arch)->has_wide ? argument : (uint32_t)argument))
			return false;
	}
	return true;
}

static bool
condition_holds(const struct policy_condition *condition, enum arch arch,
		const uint64_t arguments[])
{
	if (!condition)
		return true;
	for (size_t i = 0; i < condition->count; i++)
		if (clause_holds(&condition->clauses[i], arch, arguments))
			return true;
	return false;
}

struct policy_action
policy_decide(const struct policy *policy, enum arch arch, uint32_t number,
	      const uint64_t arguments[SYSCALL_ARGUMENTS], const struct policy_rule **rule)
{
	uint32_t first, last;

	if (rule)
		*rule = NULL;
	for (size_t i = 0; i < policy->count; i++) {
		const struct policy_rule *this = &policy->rules[i];

		if (policy_numbers(this, arch, &first, &last) && number >= first && number <= last
		    && condition_holds(this->condition, arch, arguments)) {
			if (rule)
				*rule = this;
			return this->action;
		}
	}
	if (number >= policy_newer(policy, arch) && !is_apart(arch, number))
		return policy->newer;
	return policy->otherwise;
}

void
policy_close(struct policy *policy)
{
	pool_close(&policy->kept);
	free(policy->rules);
	memset(policy, 0, sizeof(*policy));
}
