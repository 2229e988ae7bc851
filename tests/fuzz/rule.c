/* SPDX-License-Identifier: MIT */
/* Rules as they are typed: what is wrong has a place in the text, and what is good can be decided by. */
#include "policy.h"

#include "policy/rule.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy policy = { 0 };
	struct problems problems = { 0 };
	struct place place = { .file = "--deny" };
	uint64_t arguments[SYSCALL_ARGUMENTS] = { 0, 1, UINT32_MAX, UINT64_MAX, 2, 3 };

	rule_read(&policy, (const char *)data, size, (struct policy_action){ POLICY_ERRNO, 1 },
		  &place, &problems);
	must_be_problems(&problems, data, size, false);
	must_be_policy(&policy);
	if (!problems.errors) {
		policy_finish(&policy, &problems);
		for (uint32_t number = 0; number < 400; number += 7)
			policy_decide(&policy, ARCH_X86_64, number, arguments, NULL);
	}
	problems_close(&problems);
	policy_close(&policy);
	return 0;
}
