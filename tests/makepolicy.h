/* SPDX-License-Identifier: MIT */
/*
 * Policies of any kind, made of bytes, and calls that are near to what they ask about: for tests/policies.c,
 * where the bytes come at random, and for tests/fuzz/compile.c.
 */
#ifndef BUTTER_MAKEPOLICY_H
#define BUTTER_MAKEPOLICY_H

#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"

/* Where choices come from: bytes as long as there are some, then a seed; without one, always the first choice. */
struct choices {
	const uint8_t *at, *end;
	uint64_t seed;
};

/* xorshift64*. */
static inline uint64_t
choose_bits(struct choices *choices)
{
	uint64_t bits = 0;

	if (choices->at < choices->end) {
		for (size_t i = 0; i < sizeof(bits) && choices->at < choices->end; i++)
			bits = bits << 8 | *choices->at++;
		return bits;
	}
	choices->seed ^= choices->seed >> 12;
	choices->seed ^= choices->seed << 25;
	choices->seed ^= choices->seed >> 27;
	return choices->seed * UINT64_C(2685821657736338717);
}

static inline unsigned
choose(struct choices *choices, unsigned limit)
{
	if (choices->at < choices->end)
		return *choices->at++ % limit;
	return (unsigned)(choose_bits(choices) >> 32) % limit;
}

/* Values at which comparisons of halves go wrong, if they do. */
static inline uint64_t
choose_value(struct choices *choices)
{
	static const uint64_t telling[] = {
		0,
		1,
		2,
		3,
		8,
		0xff,
		0x100,
		0x7e020000,
		0x7fffffff,
		0x80000000,
		0xffffff9c,
		0xfffffffe,
		0xffffffff,
		0x100000000,
		0x100000001,
		0x1ffffffff,
		0x200000000,
		0x7fffffffffffffff,
		0x8000000000000000,
		0xffffffff00000000,
		0xffffffffffffff9c,
		0xfffffffffffffffe,
		0xffffffffffffffff,
	};
	unsigned count = sizeof(telling) / sizeof(*telling), which = choose(choices, count + 4);

	if (which < count)
		return telling[which];
	return choose_bits(choices) >> choose(choices, 64);
}

static inline uint64_t
choose_mask(struct choices *choices)
{
	switch (choose(choices, 8)) {
	case 0:
		return UINT32_MAX;
	case 1:
		return UINT64_C(1) << choose(choices, 64);
	case 2:
		return choose_value(choices);
	case 3:
		return ~choose_value(choices);
	default:
		return UINT64_MAX;
	}
}

static inline void
make_test(struct choices *choices, struct policy_test *test)
{
	/* Few of them, so that tests meet each other. */
	test->argument = (unsigned char)(choose(choices, 4) ? choose(choices, 2)
							    : choose(choices, SYSCALL_ARGUMENTS));
	test->is_low = !choose(choices, 4);
	test->comparison = (enum policy_comparison)choose(choices, 6);
	test->mask = choose_mask(choices);
	test->value = choose_value(choices);
	if (!choose(choices, 3))
		test->value &= test->mask;
}

/* Kinds of conditions. */
enum made {
	MADE_LIST, /* of values, as of ioctl's requests */
	MADE_LONG, /* such a list, as long as they come */
	MADE_BITS, /* of one argument, masked in several ways */
	MADE_TANGLED, /* of many bits of one argument at once, or any of them with one of another argument */
	MADE_SHORT,
};

static inline enum made
choose_kind(struct choices *choices)
{
	unsigned which = choose(choices, 60);

	return which < 10   ? MADE_LIST
	       : which < 11 ? MADE_LONG
	       : which < 20 ? MADE_BITS
	       : which < 22 ? MADE_TANGLED
			    : MADE_SHORT;
}

static inline void
make_clause(struct choices *choices, enum made kind, struct policy_clause *clause,
	    const struct policy_clause *first)
{
	for (size_t i = 0; i < clause->count; i++) {
		struct policy_test *test = &clause->tests[i];

		make_test(choices, test);
		if (kind == MADE_BITS) {
			test->argument = 1;
			test->mask = choose_bits(choices) | choose_value(choices);
		}
		if (kind <= MADE_LONG) {
			uint64_t value = test->value;

			*test = *first->tests;
			test->comparison = POLICY_EQ;
			test->value = value;
		}
	}
}

static inline void
make_bit(struct policy_test *test, unsigned char argument, size_t bit)
{
	*test = (struct policy_test){ .argument = argument,
				      .mask = UINT64_C(1) << bit,
				      .comparison = POLICY_NE };
}

/* What has too many ranges of one times ranges of the other. */
static inline const struct policy_condition *
make_tangle(struct policy *policy, struct policy_condition *condition)
{
	condition->clauses = policy_keep(policy, condition->count * sizeof(*condition->clauses));
	for (size_t i = 0; i < condition->count; i++) {
		struct policy_clause *clause = &condition->clauses[i];

		clause->count = i ? 2 : condition->count;
		clause->tests = policy_keep(policy, clause->count * sizeof(*clause->tests));
		for (size_t j = 0; j < clause->count; j++)
			make_bit(&clause->tests[j], i && j, i ? i : j);
	}
	return condition;
}

static inline const struct policy_condition *
make_condition(struct choices *choices, struct policy *policy)
{
	static const unsigned clauses[] = { 20, 250, 4, 40, 3 };
	struct policy_condition *condition = policy_keep(policy, sizeof(*condition));
	enum made kind = choose_kind(choices);

	condition->count = 1 + choose(choices, clauses[kind]);
	if (kind == MADE_TANGLED)
		return make_tangle(policy, condition);
	if (!choose(choices, 50))
		condition->count = 0;
	condition->clauses = policy_keep(policy, condition->count * sizeof(*condition->clauses));
	for (size_t i = 0; i < condition->count; i++) {
		struct policy_clause *clause = &condition->clauses[i];

		clause->count = kind <= MADE_LONG ? 1 : choose(choices, 4);
		clause->tests = policy_keep(policy, clause->count * sizeof(*clause->tests));
		make_clause(choices, i ? kind : MADE_SHORT, clause, condition->clauses);
	}
	return condition;
}

static inline struct policy_action
make_action(struct choices *choices)
{
	struct policy_action action = { .kind = (enum policy_kind)choose(choices,
									 POLICY_KILL + 1) };

	if (choose(choices, 2))
		action.kind = choose(choices, 2) ? POLICY_ALLOW : POLICY_ERRNO;
	if (action.kind == POLICY_ERRNO || action.kind == POLICY_TRAP
	    || action.kind == POLICY_TRACE)
		action.data = (uint16_t)(1 + choose(choices, 200));
	return action;
}

static inline void
make_rule(struct choices *choices, struct policy *policy, unsigned calls)
{
	struct policy_rule rule = { .call = (int)choose(choices, calls),
				    .place = { .file = "made" } };

	if (!choose(choices, 6)) {
		rule.call = SYSCALL_NONE;
		rule.first =
			choose(choices, 3) ? choose(choices, 600) : (uint32_t)choose_value(choices);
		rule.last = rule.first
			    + (choose(choices, 3) ? choose(choices, 4)
						  : (uint32_t)choose_value(choices));
		if (rule.last < rule.first)
			rule.last = rule.first;
	}
	if (!choose(choices, 8))
		rule.arches = 1 + choose(choices, (1 << ARCHES) - 1);
	rule.condition = choose(choices, 2) ? make_condition(choices, policy) : NULL;
	rule.action = make_action(choices);
	policy_add(policy, &rule);
}

static inline void
make_policy(struct choices *choices, struct policy *policy)
{
	struct problems problems = { 0 };
	unsigned count = choose(choices, choose(choices, 10) ? 12 : 200);
	unsigned calls = choose(choices, 3) ? 8 : (unsigned)syscalls_count();

	for (unsigned i = 0; i < count; i++)
		make_rule(choices, policy, calls);
	policy->has_otherwise = choose(choices, 2);
	policy->otherwise = make_action(choices);
	policy->has_newer = !choose(choices, 4);
	policy->newer = make_action(choices);
	policy_finish(policy, &problems);
	problems_close(&problems);
}

/* What the kernel does with a call, by the policy's word. */
static inline uint32_t
made_result(const struct policy *policy, unsigned arches, bool notifies,
	    const struct seccomp_data *data)
{
	static const uint32_t results[] = {
		[POLICY_ALLOW] = SECCOMP_RET_ALLOW,
		[POLICY_LOG] = SECCOMP_RET_LOG,
		[POLICY_TRACE] = SECCOMP_RET_TRACE,
		[POLICY_NOTIFY] = SECCOMP_RET_USER_NOTIF,
		[POLICY_ERRNO] = SECCOMP_RET_ERRNO,
		[POLICY_TRAP] = SECCOMP_RET_TRAP,
		[POLICY_KILL_THREAD] = SECCOMP_RET_KILL_THREAD,
		[POLICY_KILL] = SECCOMP_RET_KILL_PROCESS,
	};
	uint32_t number = (uint32_t)data->nr;
	uint64_t arguments[SYSCALL_ARGUMENTS];
	struct policy_action action;
	enum arch arch = 0;

	while (arch < ARCHES && arch_facts(arch)->audit != data->arch)
		arch++;
	if (arch == ARCH_X86_64 && number >= 0x40000000 && number != UINT32_MAX)
		arch = ARCH_X32;
	if (arch == ARCH_X86_64 && number == UINT32_MAX && !(arches & 1U << ARCH_X86_64))
		arch = ARCH_X32;
	if (arch == ARCHES || !(arches & 1U << arch))
		return notifies ? SECCOMP_RET_USER_NOTIF : SECCOMP_RET_KILL_PROCESS;
	for (size_t i = 0; i < SYSCALL_ARGUMENTS; i++)
		arguments[i] = data->args[i];
	action = policy_decide(policy, arch, number, arguments, NULL);
	if (notifies && action.kind != POLICY_ALLOW && action.kind != POLICY_LOG
	    && action.kind != POLICY_TRACE)
		return SECCOMP_RET_USER_NOTIF;
	return results[action.kind] | action.data;
}

/* A value at which TEST changes its mind, or is near to. */
static inline uint64_t
near_test(struct choices *choices, const struct policy_test *test)
{
	static const uint64_t steps[] = {
		0, 0, 1, -UINT64_C(1), UINT64_C(1) << 32, -(UINT64_C(1) << 32), UINT64_C(1) << 63
	};
	uint64_t value = test->value;

	switch (choose(choices, 6)) {
	case 0:
		value = test->mask;
		break;
	case 1:
		value |= ~test->mask;
		break;
	case 2:
		value &= test->mask;
		break;
	default:
		break;
	}
	return value + steps[choose(choices, sizeof(steps) / sizeof(*steps))];
}

/* A call near to what a rule of POLICY is about, or of the numbers' ends. */
static inline void
make_call(struct choices *choices, const struct policy *policy, unsigned arches,
	  struct seccomp_data *data)
{
	static const uint32_t ends[] = {
		0,          423,        424,        0x3fffffff, 0x40000000,
		0x400001a8, 0x40000200, 0x40000223, 0x40000224, 0x7fffffff,
		0x80000000, 0xf0000,    0xf0001,    0xfffffffe, 0xffffffff
	};
	const struct policy_rule *rule =
		policy->count ? &policy->rules[choose_bits(choices) % policy->count] : NULL;
	enum arch arch = (enum arch)choose(choices, ARCHES);
	uint32_t first, last, number;

	for (unsigned i = 0; i < 2 * ARCHES && !(arches & 1U << arch) && choose(choices, 8); i++)
		arch = (arch + 1) % ARCHES;
	data->arch =
		choose(choices, 40) ? arch_facts(arch)->audit : (uint32_t)choose_value(choices);
	number = ends[choose(choices, sizeof(ends) / sizeof(*ends))];
	if (!choose(choices, 12))
		number = policy_newer(policy, arch) - choose(choices, 2);
	else if (rule && policy_numbers(rule, arch, &first, &last) && choose(choices, 12))
		number = (choose(choices, 2) ? first : last)
			 + (choose(choices, 4) ? 0 : choose(choices, 3) - 1);
	data->nr = (int)number;
	data->instruction_pointer = choose_value(choices);
	for (size_t i = 0; i < SYSCALL_ARGUMENTS; i++)
		data->args[i] = choose_value(choices);
	if (!rule || !rule->condition || !rule->condition->count)
		return;
	/* All arguments of a clause, or of two. */
	for (unsigned round = 0; round < 2; round++) {
		const struct policy_clause *clause =
			&rule->condition->clauses[choose_bits(choices) % rule->condition->count];

		for (size_t i = 0; i < clause->count; i++)
			if (choose(choices, 4))
				data->args[clause->tests[i].argument] =
					near_test(choices, &clause->tests[i]);
	}
}

#endif
