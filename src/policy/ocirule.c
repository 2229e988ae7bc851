/* SPDX-License-Identifier: MIT */
#include "policy/ocirule.h"

#ifdef BUTTER_JSON

#include <stdio.h>
#include <string.h>

#include "policy/ociaction.h"
#include "policy/ocifilter.h"

/* ---- arguments ---- */

static const struct {
	char name[20];
	unsigned char comparison;
	bool is_masked;
} operators[] = {
	{ "SCMP_CMP_NE", POLICY_NE, false },       { "SCMP_CMP_LT", POLICY_LT, false },
	{ "SCMP_CMP_LE", POLICY_LE, false },       { "SCMP_CMP_EQ", POLICY_EQ, false },
	{ "SCMP_CMP_GE", POLICY_GE, false },       { "SCMP_CMP_GT", POLICY_GT, false },
	{ "SCMP_CMP_MASKED_EQ", POLICY_EQ, true },
};

static bool
read_operator(const struct oci *oci, const struct ocivalue *value, struct policy_test *test,
	      uint64_t second)
{
	struct place place;
	const char *text;
	size_t length;

	if (!ocivalue_text(oci, value, &text, &length))
		return false;
	place = ocivalue_place(oci, value);
	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
		if (!ocivalue_is(text, length, operators[i].name))
			continue;
		test->comparison = operators[i].comparison;
		if (!operators[i].is_masked)
			return true;
		test->mask = test->value;
		test->value = second & test->mask;
		if (second != test->value)
			problems_warn(
				oci->problems, &place, NULL,
				"bits of valueTwo that value has not are left out, as runtimes do");
		return true;
	}
	problems_error(oci->problems, &place, "SCMP_CMP_NE, _LT, _LE, _EQ, _GE, _GT or _MASKED_EQ",
		       "'%.*s' is no comparison", (int)length, text);
	return false;
}

/* All 64 bits count: so it is with the runtimes that these profiles are written for. */
static bool
read_test(const struct oci *oci, const struct ocivalue *object, struct policy_test *test)
{
	static const char *const keys[] = { "index", "value", "valueTwo", "op", NULL };
	uint64_t index = 0, second = 0;
	struct ocivalue value;
	size_t errors = oci->problems->errors;

	*test = (struct policy_test){ .mask = UINT64_MAX };
	if (!ocivalue_is_object(oci, object))
		return false;
	ocivalue_keys(oci, object, keys, true);
	if (ocivalue_get(object, "index", &value))
		ocivalue_number(oci, &value, SYSCALL_ARGUMENTS - 1, &index);
	if (ocivalue_get(object, "value", &value))
		ocivalue_number(oci, &value, UINT64_MAX, &test->value);
	if (ocivalue_get(object, "valueTwo", &value))
		ocivalue_number(oci, &value, UINT64_MAX, &second);
	test->argument = (unsigned char)index;
	if (ocivalue_get(object, "op", &value)) {
		read_operator(oci, &value, test, second);
	} else {
		struct place place = ocivalue_place(oci, object);

		problems_error(oci->problems, &place, NULL, "\"op\" is missing");
	}
	return oci->problems->errors == errors;
}

/*
 * One clause of all tests; but where two of them are about the same argument, each is a clause by
 * itself.
 */
static void
put_together(struct policy *policy, struct policy_test *tests, size_t count, struct ocirule *rule)
{
	struct policy_condition *condition = policy_keep(policy, sizeof(*condition));
	unsigned seen = 0;
	bool is_or = false;

	for (size_t i = 0; i < count; i++) {
		is_or |= seen >> tests[i].argument & 1;
		seen |= 1U << tests[i].argument;
	}
	condition->count = is_or ? count : 1;
	condition->clauses = policy_keep(policy, condition->count * sizeof(*condition->clauses));
	for (size_t i = 0; i < condition->count; i++)
		condition->clauses[i] = (struct policy_clause){ tests + i, is_or ? 1 : count };
	rule->condition = condition;
}

static bool
read_arguments(const struct oci *oci, const struct ocivalue *object, struct ocirule *rule)
{
	struct policy_test *tests;
	struct ocivalue list;
	size_t count;
	bool is_good = true;

	if (!ocivalue_get(object, "args", &list))
		return true;
	if (!ocivalue_list(oci, &list, &count))
		return false;
	if (!count)
		return true;
	tests = policy_keep(oci->policy, count * sizeof(*tests));
	for (size_t i = 0; i < count; i++) {
		struct ocivalue value = ocivalue_at(&list, i);

		is_good &= read_test(oci, &value, &tests[i]);
	}
	if (is_good)
		put_together(oci->policy, tests, count, rule);
	return is_good;
}

/* ---- the whole ---- */

bool
ocirule_read(const struct oci *oci, const struct ocivalue *object, struct ocirule *rule)
{
	static const char *const keys[] = { "names", "name",    "action",   "errnoRet", "errno",
					    "args",  "comment", "includes", "excludes", NULL };
	struct ocivalue name;
	bool has_names, has_name;
	size_t errors = oci->problems->errors;

	*rule = (struct ocirule){ 0 };
	if (!ocivalue_is_object(oci, object))
		return false;
	ocivalue_keys(oci, object, keys, true);
	rule->place = ocivalue_place(oci, object);
	has_names = ocivalue_get(object, "names", &rule->names);
	has_name = ocivalue_get(object, "name", &name);
	if (has_names && has_name)
		problems_error(oci->problems, &rule->place, "take one of both away",
			       "it has \"names\" and \"name\"");
	else if (!has_names && !has_name)
		problems_error(oci->problems, &rule->place, NULL, "\"names\" is missing");
	if (has_name)
		rule->names = name;
	ociaction_read(oci, object, "action", "errnoRet", "errno", &rule->action);
	read_arguments(oci, object, rule);
	ocifilter_read(oci, object, &rule->is_off);
	return oci->problems->errors == errors;
}

static void
add_name(const struct oci *oci, const struct ocirule *rule, const struct ocivalue *value)
{
	struct policy_rule added = { .condition = rule->condition,
				     .action = rule->action,
				     .place = rule->place };
	const char *text;
	size_t length;

	if (!ocivalue_text(oci, value, &text, &length))
		return;
	added.call = syscalls_find(text, length);
	if (added.call != SYSCALL_NONE) {
		policy_add(oci->policy, &added);
	} else {
		struct place place = ocivalue_place(oci, value);

		problems_warn(oci->problems, &place,
			      problems_meant(oci->problems, syscalls_nearest(text, length)),
			      "nobody knows the system call '%.*s': it is left out", (int)length,
			      text);
	}
}

void
ocirule_add(const struct oci *oci, const struct ocirule *rule)
{
	size_t count;

	if (rule->names.key && !strcmp(rule->names.key, "name")) {
		add_name(oci, rule, &rule->names);
		return;
	}
	if (!ocivalue_list(oci, &rule->names, &count))
		return;
	for (size_t i = 0; i < count; i++) {
		struct ocivalue value = ocivalue_at(&rule->names, i);

		add_name(oci, rule, &value);
	}
}

#endif
