/* SPDX-License-Identifier: MIT */
/*
 * policies TEST [COUNT [SEED]]: whether compiled policies decide as policy_decide says, which is written as
 * plainly as can be. What was done is printed, or the first policy that went wrong.
 */
#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/seccomp.h"
#include "makepolicy.h"
#include "policy/bpf.h"
#include "policy/compile.h"

enum { CALLS = 300 }; /* that each policy is asked about */

static uint64_t seed;

static struct choices
choices_for(uint64_t round)
{
	struct choices choices = { .seed = (seed + round + 1) * UINT64_C(0x9e3779b97f4a7c15) };

	choose_bits(&choices);
	return choices;
}

static void
print_condition(const struct policy_condition *condition)
{
	static const char *const signs[] = { "==", "!=", "<", "<=", ">", ">=" };

	for (size_t i = 0; i < condition->count; i++) {
		printf("%s(", i ? " || " : "");
		for (size_t j = 0; j < condition->clauses[i].count; j++) {
			const struct policy_test *test = &condition->clauses[i].tests[j];

			printf("%sarg%u%s & 0x%" PRIx64 " %s 0x%" PRIx64, j ? " && " : "",
			       test->argument, test->is_low ? ":32" : "", test->mask,
			       signs[test->comparison], test->value);
		}
		printf(")");
	}
}

static void
print_policy(const struct policy *policy)
{
	for (size_t i = 0; i < policy->count; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		if (rule->call == SYSCALL_NONE)
			printf("0x%x to 0x%x", rule->first, rule->last);
		else
			printf("%s", syscalls_name(rule->call));
		printf(" arches 0x%x ", rule->arches);
		if (rule->condition)
			print_condition(rule->condition);
		printf(": %d %u\n", rule->action.kind, rule->action.data);
	}
	printf("otherwise %d %u, newer %d %u\n", policy->otherwise.kind, policy->otherwise.data,
	       policy->newer.kind, policy->newer.data);
}

_Noreturn static void
mismatch(const struct policy *policy, const struct program *program,
	 const struct seccomp_data *data, uint32_t is, uint32_t should)
{
	struct buffer buffer = { 0 };

	print_policy(policy);
	bpf_print(&buffer, program);
	printf("%s", buffer_string(&buffer));
	printf("architecture 0x%x, number 0x%x (", data->arch, (unsigned)data->nr);
	for (size_t i = 0; i < SYSCALL_ARGUMENTS; i++)
		printf("%s0x%" PRIx64, i ? ", " : "", (uint64_t)data->args[i]);
	printf("): 0x%x, should be 0x%x\n", is, should);
	exit(1);
}

/* Makes a valid PROGRAM of POLICY; false: it is too large. */
static bool
make_program(const struct policy *policy, const struct compile_how *how, struct program *program)
{
	if (compile(policy, how, program) < 0) {
		if (errno != E2BIG || program->code || program->count <= COMPILE_MOST)
			errx(1, "not compiled, and not because of its size");
		return false;
	}
	if (!bpf_is_valid(program)) {
		print_policy(policy);
		errx(1, "not valid");
	}
	return true;
}

/* Random policies, for some architectures each, run by the interpreter. */
static void
test_decisions(uint64_t count)
{
	size_t calls = 0, too_large = 0;

	for (uint64_t round = 0; round < count; round++) {
		struct choices choices = choices_for(round);
		struct compile_how how = { .arches = 1 + choose(&choices, (1 << ARCHES) - 1),
					   .notifies = !choose(&choices, 8) };
		struct policy policy = { 0 };
		struct program program;
		struct seccomp_data data;

		make_policy(&choices, &policy);
		if (!make_program(&policy, &how, &program)) {
			too_large++;
			policy_close(&policy);
			continue;
		}
		for (unsigned call = 0; call < CALLS; call++, calls++) {
			uint32_t is, should;

			make_call(&choices, &policy, how.arches, &data);
			is = bpf_run(&program, &data, NULL);
			should = made_result(&policy, how.arches, how.notifies, &data);
			if (is != should)
				mismatch(&policy, &program, &data, is, should);
		}
		free(program.code);
		policy_close(&policy);
	}
	printf("%" PRIu64 " policies, %zu calls: no mismatch; %zu too large\n", count, calls,
	       too_large);
}

/* ---- In the kernel */

static const unsigned native_calls = 60; /* that a process makes under one filter */

/* Rules whose number is what their calls fail with, so that nothing happens and it is known which was met. */
static void
make_harmless(struct policy *policy)
{
	struct policy_rule ending = { .call = syscalls_find("exit_group", 10),
				      .place = { .file = "made" } };

	for (size_t i = 0; i < policy->count; i++)
		policy->rules[i].action = (struct policy_action){ POLICY_ERRNO, (uint16_t)(i + 1) };
	policy->otherwise = (struct policy_action){ POLICY_ERRNO, 4000 };
	policy->newer = (struct policy_action){ POLICY_ERRNO, 4001 };
	/* The first decides. */
	policy_add(policy, &ending);
	memmove(policy->rules + 1, policy->rules, (policy->count - 1) * sizeof(*policy->rules));
	policy->rules[0] = ending;
}

/* Makes CALLS under PROGRAM, and writes down their errors. */
static void
call_natively(const struct program *program, const struct seccomp_data *calls, int *errors)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		err(1, "cannot fork");
	if (!pid) {
		if (seccomp_promise() < 0 || seccomp_load(program->code, program->count, 0) < 0)
			_exit(errno);
		for (unsigned i = 0; i < native_calls; i++) {
			const __u64 *args = calls[i].args;
			long result = syscall(calls[i].nr, args[0], args[1], args[2], args[3],
					      args[4], args[5]);

			errors[i] = result < 0 ? errno : 0;
		}
		/* (_exit(3) of the sanitizers does more.) */
		syscall(SYS_exit_group, 0);
	}
	if (waitpid(pid, &status, 0) < 0 || status)
		errx(1, "the filter was not loaded, or ended its process: %x", (unsigned)status);
}

/* Whether the process would go on, and the kernel ask the filter: of its probes' calls it asks none. */
static bool
can_be_made(const struct policy *policy, unsigned arches, const struct seccomp_data *call)
{
	uint32_t result = made_result(policy, arches, false, call);
	int known = syscalls_at((uint32_t)call->nr, arch_native());

	if (known != SYSCALL_NONE && strstr(syscalls_name(known), "probe"))
		return false;
	return (result & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_ERRNO;
}

/* Random policies, run by the kernel. */
static void
test_kernel(uint64_t count)
{
	unsigned arches = 1U << arch_native();
	struct compile_how how = { .arches = arches };
	struct seccomp_data *calls =
		mmap(NULL, native_calls * sizeof(*calls), PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int *errors = mmap(NULL, native_calls * sizeof(*errors), PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (calls == MAP_FAILED || errors == MAP_FAILED)
		err(1, "cannot map memory");
	for (uint64_t round = 0; round < count; round++) {
		struct choices choices = choices_for(round);
		struct policy policy = { 0 };
		struct program program;

		make_policy(&choices, &policy);
		make_harmless(&policy);
		if (!make_program(&policy, &how, &program)) {
			policy_close(&policy);
			continue;
		}
		for (unsigned i = 0; i < native_calls;) {
			make_call(&choices, &policy, arches, &calls[i]);
			calls[i].arch = arch_facts(arch_native())->audit;
			i += can_be_made(&policy, arches, &calls[i]);
		}
		call_natively(&program, calls, errors);
		for (unsigned i = 0; i < native_calls; i++) {
			uint32_t should = made_result(&policy, arches, false, &calls[i]);

			if ((uint32_t)errors[i] != (should & SECCOMP_RET_DATA))
				mismatch(&policy, &program, &calls[i],
					 SECCOMP_RET_ERRNO | (uint32_t)errors[i], should);
		}
		free(program.code);
		policy_close(&policy);
	}
	printf("%" PRIu64 " policies, %" PRIu64 " calls: no mismatch\n", count,
	       count * native_calls);
}

/* ---- Form */

/* Whether PROGRAM comes to its end for DATA and has looked at nothing but the number and the architecture. */
static bool
is_blind(const struct program *program, const struct seccomp_data *data)
{
	struct seccomp_data other = *data;
	size_t steps = 0, other_steps = 0;

	memset(other.args, 0xa5, sizeof(other.args));
	return bpf_run(program, data, &steps) == bpf_run(program, &other, &other_steps)
	       && steps == other_steps;
}

/* What is allowed whatever its arguments are is allowed without a look at them: then the kernel asks no filter. */
static void
test_blind(uint64_t count)
{
	struct compile_how how = { .arches = 1U << arch_native() };
	size_t allowed = 0;

	for (uint64_t round = 0; round < count; round++) {
		struct choices choices = choices_for(round);
		struct policy policy = { 0 };
		struct program program;
		struct seccomp_data data;

		make_policy(&choices, &policy);
		if (!make_program(&policy, &how, &program)) {
			policy_close(&policy);
			continue;
		}
		for (uint32_t number = 0; number < 700; number++) {
			bool is_asked = false;

			memset(&data, 0, sizeof(data));
			data.nr = (int)number;
			data.arch = arch_facts(arch_native())->audit;
			for (size_t i = 0; i < policy.count; i++) {
				uint32_t first, last;

				if (policy_numbers(&policy.rules[i], arch_native(), &first, &last)
				    && number >= first && number <= last
				    && policy.rules[i].condition)
					is_asked = true;
			}
			if (is_asked || bpf_run(&program, &data, NULL) != SECCOMP_RET_ALLOW)
				continue;
			allowed++;
			if (!is_blind(&program, &data))
				mismatch(&policy, &program, &data, 0, SECCOMP_RET_ALLOW);
		}
		free(program.code);
		policy_close(&policy);
	}
	printf("%" PRIu64 " policies, %zu numbers allowed: no argument looked at\n", count,
	       allowed);
}

/* A policy of COUNT calls or numbers, each with VALUES values that its first argument may have. */
static void
make_large(struct policy *policy, unsigned count, unsigned values)
{
	for (unsigned i = 0; i < count; i++) {
		struct policy_condition *condition = policy_keep(policy, sizeof(*condition));
		struct policy_rule rule = {
			.call = SYSCALL_NONE, .first = i, .last = i, .condition = condition
		};

		rule.place.file = "made";
		rule.action = (struct policy_action){ POLICY_ERRNO, (uint16_t)(10 + i % 3) };
		condition->count = values;
		condition->clauses = policy_keep(policy, values * sizeof(*condition->clauses));
		for (unsigned j = 0; j < values; j++) {
			struct policy_test *test = policy_keep(policy, sizeof(*test));

			*test = (struct policy_test){ .mask = UINT64_MAX,
						      .value = 1000 * i + 7 * j };
			condition->clauses[j] = (struct policy_clause){ test, 1 };
		}
		policy_add(policy, &rule);
	}
	policy->otherwise = (struct policy_action){ POLICY_ERRNO, EPERM };
	policy->newer = (struct policy_action){ POLICY_ERRNO, ENOSYS };
}

/* COUNT calls with VALUES values each: how many instructions, and whether they decide as they should. */
static void
test_large(unsigned count, unsigned values)
{
	unsigned arches = 1U << arch_native();
	struct compile_how how = { .arches = arches };
	struct policy policy = { 0 };
	struct program program;
	struct seccomp_data data = { .arch = arch_facts(arch_native())->audit };

	make_large(&policy, count, values);
	if (!make_program(&policy, &how, &program)) {
		printf("%zu instructions: too large\n", program.count);
		policy_close(&policy);
		return;
	}
	for (unsigned i = 0; i <= count; i++)
		for (unsigned j = 0; j < 7 * values + 7; j++) {
			uint32_t is, should;

			data.nr = (int)i;
			data.args[0] = 1000 * i + j;
			is = bpf_run(&program, &data, NULL);
			should = made_result(&policy, arches, false, &data);
			if (is != should)
				mismatch(&policy, &program, &data, is, should);
		}
	printf("%zu instructions: no mismatch\n", program.count);
	free(program.code);
	policy_close(&policy);
}

int
main(int argc, char **argv)
{
	const char *test = argc > 1 ? argv[1] : "";
	uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 100;

	seed = argc > 3 ? strtoull(argv[3], NULL, 10) : 1;
	if (!strcmp(test, "decisions"))
		test_decisions(count);
	else if (!strcmp(test, "kernel"))
		test_kernel(count);
	else if (!strcmp(test, "blind"))
		test_blind(count);
	else if (!strcmp(test, "large"))
		test_large((unsigned)count, (unsigned)seed);
	else
		errx(1, "policies decisions|kernel|blind [COUNT [SEED]], or large CALLS VALUES");
	return 0;
}
