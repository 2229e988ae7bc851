/* SPDX-License-Identifier: MIT */
/* Profiles in JSON: what is good can be written and read again, and then decides the same. */
#include "policy.h"

#include "policy/oci.h"
#include "policy/ociwriter.h"

static const struct oci_circumstances circumstances = {
	.arch = ARCH_X86_64, .capabilities = 0xf0, .kernel_major = 5, .kernel_minor = 10
};

static void
must_decide_alike(const struct policy *a, const struct policy *b, uint32_t number, uint64_t value)
{
	for (unsigned i = 0; i < 8; i++) {
		uint64_t arguments[SYSCALL_ARGUMENTS];
		struct policy_action first, second;

		for (unsigned j = 0; j < SYSCALL_ARGUMENTS; j++)
			arguments[j] = (i >> j % 3 & 1) ? value + i - 3 : ~value >> i;
		first = policy_decide(a, ARCH_X86_64, number, arguments, NULL);
		second = policy_decide(b, ARCH_X86_64, number, arguments, NULL);
		MUST(first.kind == second.kind && first.data == second.data);
	}
}

static void
must_be_same(const struct policy *a, const struct policy *b)
{
	for (uint32_t number = 0; number < 500; number += 19)
		must_decide_alike(a, b, number, 1);
	for (size_t i = 0; i < a->count && i < 64; i++) {
		const struct policy_rule *rule = &a->rules[i];
		int64_t number = syscalls_number(rule->call, ARCH_X86_64);
		const struct policy_condition *condition = rule->condition;

		for (size_t j = 0; number >= 0 && condition && j < condition->count; j++)
			for (size_t k = 0; k < condition->clauses[j].count; k++)
				must_decide_alike(a, b, (uint32_t)number,
						  condition->clauses[j].tests[k].value);
	}
}

static void
check_again(const struct policy *policy, const struct buffer *json)
{
	struct policy again = { 0 };
	struct problems problems = { 0 };

	oci_read(&again, "again", json->data, json->length, &circumstances, &problems);
	MUST(!problems.errors);
	policy_finish(&again, &problems);
	must_be_same(policy, &again);
	problems_close(&problems);
	policy_close(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct policy policy = { 0 };
	struct problems problems = { 0 };
	struct buffer json = { 0 };

	(void)oci_is_json((const char *)data, size);
	oci_read(&policy, "file", (const char *)data, size, &circumstances, &problems);
	must_be_problems(&problems, data, size, true);
	must_be_policy(&policy);
	if (!problems.errors) {
		policy_finish(&policy, &problems);
		if (ociwriter_print(&json, &policy, 1U << ARCH_X86_64, &problems))
			check_again(&policy, &json);
		else
			MUST(!json.length);
	}
	buffer_done(&json);
	problems_close(&problems);
	policy_close(&policy);
	return 0;
}
