/* SPDX-License-Identifier: MIT */
/*
 * Any policy: its program is valid, or it has too many instructions; it decides as the policy says; and it
 * can be printed.
 */
#include "fuzz.h"

#include "../makepolicy.h"
#include "policy/bpf.h"
#include "policy/compile.h"

enum { CALLS = 32 };

static void
check_calls(struct choices *choices, const struct policy *policy, const struct compile_how *how,
	    const struct program *program)
{
	for (unsigned i = 0; i < CALLS; i++) {
		struct seccomp_data data = { 0 };
		size_t steps = 0;

		make_call(choices, policy, how->arches, &data);
		MUST(bpf_run(program, &data, &steps)
		     == made_result(policy, how->arches, how->notifies, &data));
		MUST(steps && steps <= program->count);
	}
}

static void
check_print(const struct program *program)
{
	struct buffer buffer = { 0 };
	size_t lines = 0;

	bpf_print(&buffer, program);
	for (size_t i = 0; i < buffer.length; i++)
		lines += buffer.data[i] == '\n';
	MUST(lines == program->count);
	bpf_print_c(&buffer, program);
	buffer_done(&buffer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct choices choices = { data, data + size, 1 };
	struct compile_how how = { .arches = choose(&choices, 1 << ARCHES),
				   .notifies = choose(&choices, 2) };
	struct policy policy = { 0 };
	struct program program;

	make_policy(&choices, &policy);
	if (compile(&policy, &how, &program) < 0) {
		MUST(errno == E2BIG && program.count > COMPILE_MOST && !program.code);
	} else {
		MUST(bpf_is_valid(&program));
		check_calls(&choices, &policy, &how, &program);
		check_print(&program);
		free(program.code);
	}
	policy_close(&policy);
	return 0;
}
