/* SPDX-License-Identifier: MIT */
/*
 * libseccomp [COUNT [SEED]]: whether random policies of the kind that libseccomp can express (a call has one
 * action, in one case of up to three arguments, or in several of one argument; constants of 32 bits) become
 * programs that decide as its own do. Both are run by bpf_run.
 */
#include <inttypes.h>
#include <stdio.h>

#include "makepolicy.h"
#include "theirs.h"

enum { CALLS = 300, NUMBERS = 330 };

static const enum scmp_compare operators[] = { SCMP_CMP_EQ, SCMP_CMP_NE, SCMP_CMP_LT,
					       SCMP_CMP_LE, SCMP_CMP_GT, SCMP_CMP_GE };

static uint32_t
their_action(struct policy_action action)
{
	return action.kind == POLICY_ALLOW ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(action.data);
}

static void
add_theirs(scmp_filter_ctx context, int number, struct policy_action action,
	   const struct policy_clause *clause)
{
	struct scmp_arg_cmp tests[SYSCALL_ARGUMENTS];

	for (size_t i = 0; clause && i < clause->count; i++) {
		const struct policy_test *test = &clause->tests[i];

		tests[i] = (struct scmp_arg_cmp){ test->argument, operators[test->comparison],
						  test->value, 0 };
		if (~test->mask)
			tests[i] = (struct scmp_arg_cmp){ test->argument, SCMP_CMP_MASKED_EQ,
							  test->mask, test->value };
	}
	errno = -seccomp_rule_add_array(context, their_action(action), number,
					clause ? clause->count : 0, tests);
	if (errno && errno != EEXIST)
		err(1, "libseccomp does not take a rule about %d", number);
}

/* COUNT tests of arguments from ARGUMENT on. */
static void
make_case(struct choices *choices, struct policy *policy, struct policy_clause *clause,
	  unsigned argument, size_t count)
{
	clause->tests = policy_keep(policy, count * sizeof(*clause->tests));
	clause->count = count;
	for (size_t i = 0; i < clause->count; i++) {
		struct policy_test *test = &clause->tests[i];

		make_test(choices, test);
		test->argument = (unsigned char)(argument + i);
		test->is_low = false;
		test->value &= UINT32_MAX;
		if (~test->mask) {
			test->mask &= UINT32_MAX;
			test->value &= test->mask;
			test->comparison = POLICY_EQ;
		}
	}
}

/* Adds the same to both. */
static void
add_call(struct choices *choices, struct policy *policy, scmp_filter_ctx context, int number)
{
	struct policy_condition *condition = policy_keep(policy, sizeof(*condition));
	unsigned argument = choose(choices, 4),
		 count = choose(choices, 2) ? 1 : 1 + choose(choices, 3);
	struct policy_rule rule = { .call = SYSCALL_NONE,
				    .first = (uint32_t)number,
				    .last = (uint32_t)number };

	rule.place.file = "made";
	do
		rule.action =
			(struct policy_action){ choose(choices, 2) ? POLICY_ALLOW : POLICY_ERRNO,
						0 };
	while (rule.action.kind == policy->otherwise.kind && rule.action.kind == POLICY_ALLOW);
	if (rule.action.kind == POLICY_ERRNO)
		rule.action.data = (uint16_t)(10 + choose(choices, 3));
	if (choose(choices, 3)) {
		condition->count = count > 1 ? 1 : 1 + choose(choices, 4);
		condition->clauses =
			policy_keep(policy, condition->count * sizeof(*condition->clauses));
		rule.condition = condition;
	} else {
		add_theirs(context, number, rule.action, NULL);
	}
	for (size_t i = 0; i < condition->count; i++) {
		make_case(choices, policy, &condition->clauses[i], argument, count);
		add_theirs(context, number, rule.action, &condition->clauses[i]);
	}
	policy_add(policy, &rule);
}

static void
compare(struct choices *choices, const struct policy *policy, const struct program *ours,
	const struct program *theirs)
{
	unsigned arches = 1U << arch_native();

	for (unsigned i = 0; i < CALLS; i++) {
		struct seccomp_data data;
		uint32_t our, their;

		make_call(choices, policy, arches, &data);
		data.arch = arch_facts(arch_native())->audit;
		if ((uint32_t)data.nr >= 0x40000000 && data.nr != -1)
			continue;
		our = bpf_run(ours, &data, NULL);
		their = bpf_run(theirs, &data, NULL);
		if (our != their)
			errx(1,
			     "number %d (0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64
			     ", ...): 0x%x, theirs 0x%x",
			     data.nr, (uint64_t)data.args[0], (uint64_t)data.args[1],
			     (uint64_t)data.args[2], our, their);
	}
}

int
main(int argc, char **argv)
{
	uint64_t count = argc > 1 ? strtoull(argv[1], NULL, 10) : 100,
		 seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	struct compile_how how = { .arches = 1U << arch_native() };
	size_t our_size = 0, their_size = 0;

	for (uint64_t round = 0; round < count; round++) {
		struct choices choices = { .seed = (seed + round + 1)
						   * UINT64_C(0x9e3779b97f4a7c15) };
		struct policy policy = { 0 };
		struct program ours, theirs;
		scmp_filter_ctx context;

		policy.otherwise =
			(struct policy_action){ choose(&choices, 2) ? POLICY_ALLOW : POLICY_ERRNO,
						0 };
		if (policy.otherwise.kind == POLICY_ERRNO)
			policy.otherwise.data = EPERM;
		policy.newer = policy.otherwise;
		context = seccomp_init(their_action(policy.otherwise));
		if (!context)
			err(1, "libseccomp does not work");
		for (int number = (int)choose(&choices, 40); number < NUMBERS;
		     number += 1 + (int)choose(&choices, 40))
			add_call(&choices, &policy, context, number);
		export_theirs(context, &theirs);
		if (compile(&policy, &how, &ours) < 0)
			err(1, "not compiled");
		compare(&choices, &policy, &ours, &theirs);
		our_size += ours.count;
		their_size += theirs.count;
		free(ours.code);
		free(theirs.code);
		seccomp_release(context);
		policy_close(&policy);
	}
	printf("%" PRIu64 " policies: no mismatch; %zu instructions, theirs %zu\n", count, our_size,
	       their_size);
	return 0;
}
