/* SPDX-License-Identifier: MIT */
#include "policy/ocirule.h"

#ifdef BUTTER_JSON

#include <stdio.h>
#include <string.h>

#include "kernel/capability.h"
#include "policy/constants.h"

/* ---- actions ---- */

static const struct {
	char name[24];
	unsigned char kind;
} actions[] = {
	{ "SCMP_ACT_ALLOW", POLICY_ALLOW },
	{ "SCMP_ACT_ERRNO", POLICY_ERRNO },
	/* It is the thread's end for the runtimes, as for libseccomp. */
	{ "SCMP_ACT_KILL", POLICY_KILL_THREAD },
	{ "SCMP_ACT_KILL_PROCESS", POLICY_KILL },
	{ "SCMP_ACT_KILL_THREAD", POLICY_KILL_THREAD },
	{ "SCMP_ACT_LOG", POLICY_LOG },
	{ "SCMP_ACT_NOTIFY", POLICY_NOTIFY },
	{ "SCMP_ACT_TRACE", POLICY_TRACE },
	{ "SCMP_ACT_TRAP", POLICY_TRAP },
};

static bool
read_kind(const struct oci *oci, const struct ocivalue *value, struct policy_action *action)
{
	struct place place;
	const char *text;
	size_t length;

	if (!ocivalue_text(oci, value, &text, &length))
		return false;
	for (size_t i = 0; i < sizeof(actions) / sizeof(*actions); i++) {
		if (!ocivalue_is(text, length, actions[i].name))
			continue;
		if (actions[i].kind == POLICY_NOTIFY) {
			place = ocivalue_place(oci, value);
			problems_error(
				oci->problems, &place, "it needs a container runtime's agent",
				"SCMP_ACT_NOTIFY asks somebody, and nobody is there to be asked");
			return false;
		}
		*action = (struct policy_action){ actions[i].kind, 0 };
		return true;
	}
	place = ocivalue_place(oci, value);
	problems_error(oci->problems, &place,
		       "SCMP_ACT_ALLOW, _ERRNO, _KILL_PROCESS, _KILL_THREAD, _LOG or _TRAP",
		       "'%.*s' is no action", (int)length, text);
	return false;
}

/* Podman's "errno": "EPERM". An empty one is none. */
static bool
read_name(const struct oci *oci, const struct ocivalue *value, uint64_t *error)
{
	struct place place;
	const char *text;
	size_t length;

	if (!ocivalue_text(oci, value, &text, &length))
		return false;
	if (!length)
		return true;
	*error = (uint64_t)constants_errno(text, length);
	if (*error)
		return true;
	place = ocivalue_place(oci, value);
	problems_error(oci->problems, &place,
		       problems_meant(oci->problems, constants_nearest(text, length)),
		       "'%.*s' is no errno", (int)length, text);
	return false;
}

bool
ocirule_action(const struct oci *oci, const struct ocivalue *object, const char *key,
	       const char *number, const char *name, struct policy_action *action)
{
	enum { NONE = 0xffff };
	uint64_t error = NONE, named = NONE;
	struct ocivalue value;
	struct place place;

	if (!ocivalue_get(object, key, &value)) {
		place = ocivalue_place(oci, object);
		problems_error(oci->problems, &place, NULL, "\"%s\" is missing", key);
		return false;
	}
	if (!read_kind(oci, &value, action))
		return false;
	if (ocivalue_get(object, name, &value) && !read_name(oci, &value, &named))
		return false;
	if (ocivalue_get(object, number, &value) && !ocivalue_number(oci, &value, 4095, &error))
		return false;
	if (named != NONE && error != NONE && named != error) {
		place = ocivalue_place(oci, &value);
		problems_error(oci->problems, &place, NULL,
			       "it is %d, and \"%s\" is another one, %d", (int)error, name,
			       (int)named);
		return false;
	}
	if (error == NONE)
		error = named;
	if (action->kind != POLICY_ERRNO && action->kind != POLICY_TRACE) {
		if (error == NONE)
			return true;
		place = ocivalue_place(oci, value.object ? &value : object);
		problems_error(oci->problems, &place, "take it away", "the action takes no errno");
		return false;
	}
	if (!error && action->kind == POLICY_ERRNO && !oci->policy->fakes) {
		place = ocivalue_place(oci, value.object ? &value : object);
		problems_error(oci->problems, &place,
			       "write an errno from 1 to 4095, or allow it by --allow-fake-success",
			       "errno 0 would be a success that has not happened");
		return false;
	}
	action->data = error == NONE ? 1 : (uint16_t)error; /* EPERM, as the runtimes have it */
	return true;
}

/* ---- where a rule counts ---- */

static bool
is_arch(const struct oci *oci, const struct ocivalue *value, bool *is)
{
	enum arch arch;
	const char *text;
	size_t length;

	if (!ocivalue_text(oci, value, &text, &length))
		return false;
	arch = arch_find(text, length);
	*is = arch != ARCH_NONE && arch == oci->circumstances->arch;
	if (arch == ARCH_NONE && !arch_is_elsewhere(text, length)) {
		struct place place = ocivalue_place(oci, value);

		problems_warn(oci->problems, &place,
			      problems_meant(oci->problems, arch_nearest(text, true)),
			      "nobody knows the architecture '%s'", text);
	}
	return true;
}

static bool
is_capability(const struct oci *oci, const struct ocivalue *value, bool *is)
{
	const char *text;
	size_t length;
	int capability;

	if (!ocivalue_text(oci, value, &text, &length))
		return false;
	capability = capability_find(text, length);
	if (capability < 0) {
		struct place place = ocivalue_place(oci, value);

		problems_warn(oci->problems, &place, NULL, "nobody knows the capability '%.*s'",
			      (int)length, text);
	}
	*is = capability >= 0 && oci->circumstances->capabilities >> capability & 1;
	return true;
}

/* How many of a list ARE so. */
static bool
count(const struct oci *oci, const struct ocivalue *filter, const char *key,
      bool are(const struct oci *, const struct ocivalue *, bool *), size_t *all, size_t *so)
{
	struct ocivalue list;

	*all = *so = 0;
	if (!ocivalue_get(filter, key, &list))
		return true;
	if (!ocivalue_list(oci, &list, all))
		return false;
	for (size_t i = 0; i < *all; i++) {
		struct ocivalue value = ocivalue_at(&list, i);
		bool is;

		if (!are(oci, &value, &is))
			return false;
		*so += is;
	}
	return true;
}

/* "4.8": whether the kernel is that or newer. */
static bool
read_kernel(const struct oci *oci, const struct ocivalue *filter, bool *has, bool *is_newer)
{
	unsigned major = 0, minor = 0;
	struct ocivalue value;
	const char *text;
	size_t length, i = 0;

	*has = ocivalue_get(filter, "minKernel", &value);
	if (!*has)
		return true;
	if (!ocivalue_text(oci, &value, &text, &length))
		return false;
	for (; i < length && i < 4 && text[i] >= '0' && text[i] <= '9'; i++)
		major = major * 10 + (unsigned)(text[i] - '0');
	if (i && i < length && text[i] == '.') {
		size_t from = ++i;

		for (; i < length && i < from + 4 && text[i] >= '0' && text[i] <= '9'; i++)
			minor = minor * 10 + (unsigned)(text[i] - '0');
		if (i == length && i > from) {
			*is_newer = major < oci->circumstances->kernel_major
				    || (major == oci->circumstances->kernel_major
					&& minor <= oci->circumstances->kernel_minor);
			return true;
		}
	}
	{
		struct place place = ocivalue_place(oci, &value);

		problems_error(oci->problems, &place, "two numbers, as in \"4.8\"",
			       "'%.*s' is no kernel's version", (int)length, text);
	}
	return false;
}

/* Includes: all its capabilities, one of its architectures, its kernel. Excludes: one of all of these. */
static bool
read_filter(const struct oci *oci, const struct ocivalue *object, const char *key, bool is_exclude,
	    bool *is_off)
{
	static const char *const keys[] = { "caps", "arches", "minKernel", NULL };
	size_t caps, held, arches, ours;
	struct ocivalue filter;
	bool has_kernel, is_newer = false;

	if (!ocivalue_get(object, key, &filter))
		return true;
	if (!ocivalue_is_object(oci, &filter))
		return false;
	ocivalue_keys(oci, &filter, keys, true);
	if (!count(oci, &filter, "caps", is_capability, &caps, &held)
	    || !count(oci, &filter, "arches", is_arch, &arches, &ours)
	    || !read_kernel(oci, &filter, &has_kernel, &is_newer))
		return false;
	if (is_exclude)
		*is_off |= held || ours || (has_kernel && is_newer);
	else
		*is_off |= held < caps || (arches && !ours) || (has_kernel && !is_newer);
	return true;
}

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
	ocirule_action(oci, object, "action", "errnoRet", "errno", &rule->action);
	read_arguments(oci, object, rule);
	read_filter(oci, object, "includes", false, &rule->is_off);
	read_filter(oci, object, "excludes", true, &rule->is_off);
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
