/* SPDX-License-Identifier: MIT */
#include "policy/ociwriter.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/seccomp.h>
#include <stdio.h>
#include <stdlib.h>

#include "memory.h"
#include "policy/ocicall.h"
#include "policy/otherwise.h"

static const char *const actions[] = {
	[POLICY_ALLOW] = "SCMP_ACT_ALLOW",
	[POLICY_LOG] = "SCMP_ACT_LOG",
	[POLICY_TRACE] = "SCMP_ACT_TRACE",
	[POLICY_NOTIFY] = "SCMP_ACT_NOTIFY",
	[POLICY_ERRNO] = "SCMP_ACT_ERRNO",
	[POLICY_TRAP] = "SCMP_ACT_TRAP",
	[POLICY_KILL_THREAD] = "SCMP_ACT_KILL_THREAD",
	[POLICY_KILL] = "SCMP_ACT_KILL_PROCESS",
};

static const char *const comparisons[] = {
	[POLICY_EQ] = "SCMP_CMP_EQ", [POLICY_NE] = "SCMP_CMP_NE", [POLICY_LT] = "SCMP_CMP_LT",
	[POLICY_LE] = "SCMP_CMP_LE", [POLICY_GT] = "SCMP_CMP_GT", [POLICY_GE] = "SCMP_CMP_GE",
};

struct writer {
	const struct policy *policy;
	unsigned arches;
	struct problems *problems;
	struct ocicall *calls; /* one for each of syscalls.h */
};

/* ---- what has no words ---- */

static void
refuse(struct writer *writer, const struct place *place, const char *text)
{
	static const struct place nowhere = { .file = "JSON" };

	problems_error(writer->problems, place->file ? place : &nowhere, "keep the policy as text",
		       "a profile in JSON cannot say that %s", text);
}

/* Profiles name calls, and numbers without a name are not in them. */
static void
check_numbers(struct writer *writer, const struct policy_rule *rule, enum arch arch)
{
	uint32_t first, last;

	if (rule->call != SYSCALL_NONE || !policy_numbers(rule, arch, &first, &last))
		return;
	for (uint64_t number = first; number <= last; number++)
		if (syscalls_at((uint32_t)number, arch) == SYSCALL_NONE) {
			char text[80];

			snprintf(text, sizeof(text),
				 "of %s the number %" PRIu64 ", which has no name",
				 arch_facts(arch)->name, number);
			problems_error(writer->problems, &rule->place,
				       "name the calls that are meant",
				       "a profile in JSON cannot speak %s", text);
			return;
		}
}

static void
check(struct writer *writer)
{
	const struct policy *policy = writer->policy;
	bool lets = policy->otherwise.kind == POLICY_ALLOW || policy->otherwise.kind == POLICY_LOG;
	const struct policy_action usual =
		lets ? policy->otherwise : (struct policy_action){ POLICY_ERRNO, ENOSYS };

	if (!otherwise_is(&policy->newer, &usual))
		refuse(writer, &policy->otherwise_place,
		       "newer calls get another action than ENOSYS");
	for (size_t i = 0; i < policy->count; i++)
		for (enum arch arch = 0; arch < ARCHES; arch++)
			if (writer->arches & 1U << arch)
				check_numbers(writer, &policy->rules[i], arch);
}

/* A call means the same on all architectures that have it. */
static void
make_call(struct writer *writer, int call)
{
	struct ocicall *whole = &writer->calls[call];
	bool is_first = true;

	for (enum arch arch = 0; arch < ARCHES; arch++) {
		struct place place = { .file = syscalls_name(call) };
		struct ocicall here = { 0 };

		if (!(writer->arches & 1U << arch) || syscalls_number(call, arch) < 0)
			continue;
		if (ocicall_make(&here, writer->policy, call, arch) < 0)
			refuse(writer, &place, "so many things are asked of its arguments");
		else if (!is_first && !ocicall_is(whole, &here))
			refuse(writer, &place,
			       "it is something else on each architecture: take one at a time");
		if (is_first)
			*whole = here;
		else
			ocicall_close(&here);
		is_first = false;
	}
}

/* ---- words ---- */

static void
print_action(struct buffer *buffer, const struct policy_action *action, const char *indent,
	     const char *key, const char *errno_key)
{
	buffer_print(buffer, "%s\"%s\": \"%s\"", indent, key, actions[action->kind]);
	if (action->kind == POLICY_ERRNO || action->kind == POLICY_TRACE)
		buffer_print(buffer, ",\n%s\"%s\": %u", indent, errno_key, action->data);
}

static void
print_test(struct buffer *buffer, const struct policy_test *test)
{
	buffer_print(buffer, "\t\t\t\t{ \"index\": %u, ", test->argument);
	if (test->comparison == POLICY_EQ && test->mask != UINT64_MAX)
		buffer_print(buffer,
			     "\"value\": %" PRIu64 ", \"valueTwo\": %" PRIu64
			     ", \"op\": \"SCMP_CMP_MASKED_EQ\" }",
			     test->mask, test->value);
	else
		buffer_print(buffer, "\"value\": %" PRIu64 ", \"op\": \"%s\" }", test->value,
			     comparisons[test->comparison]);
}

/* Begins an object of the list, behind others. */
static void
print_begin(struct buffer *buffer, bool *has_any)
{
	buffer_text(buffer, *has_any ? ",\n\t\t{\n" : "\n\t\t{\n");
	*has_any = true;
}

/* All calls that get ACTION in any case, in one object: also those that the default does that to. */
static void
print_names(struct buffer *buffer, const struct writer *writer, const struct policy_action *action,
	    bool *has_any)
{
	bool is_default = otherwise_is(action, &writer->policy->otherwise), has_name = false;

	for (int call = 0; call < syscalls_count(); call++) {
		const struct ocicall *its = &writer->calls[call];

		if (!its->is_named
		    || (its->count ? its->rules[0].count
					     || !otherwise_is(&its->rules[0].action, action)
				   : !is_default))
			continue;
		if (!has_name) {
			print_begin(buffer, has_any);
			buffer_text(buffer, "\t\t\t\"names\": [");
		}
		buffer_print(buffer, "%s\n\t\t\t\t\"%s\"", has_name ? "," : "",
			     syscalls_name(call));
		has_name = true;
	}
	if (!has_name)
		return;
	buffer_text(buffer, "\n\t\t\t],\n");
	print_action(buffer, action, "\t\t\t", "action", "errnoRet");
	buffer_text(buffer, "\n\t\t}");
}

static void
print_rule(struct buffer *buffer, int call, const struct ocicall_rule *rule, bool *has_any)
{
	print_begin(buffer, has_any);
	buffer_print(buffer, "\t\t\t\"names\": [\"%s\"],\n", syscalls_name(call));
	print_action(buffer, &rule->action, "\t\t\t", "action", "errnoRet");
	buffer_text(buffer, ",\n\t\t\t\"args\": [\n");
	for (size_t i = 0; i < rule->count; i++) {
		print_test(buffer, &rule->tests[i]);
		buffer_text(buffer, i + 1 < rule->count ? ",\n" : "\n");
	}
	buffer_text(buffer, "\t\t\t]\n\t\t}");
}

/* The next action behind LAST that some call gets in any case, in the order of their values. */
static bool
next_action(const struct writer *writer, struct policy_action *last, bool is_first)
{
	uint32_t before = (uint32_t)last->kind << 16 | last->data, best = UINT32_MAX;

	for (int call = 0; call < syscalls_count(); call++) {
		const struct ocicall *its = &writer->calls[call];
		const struct policy_action *action =
			its->count ? &its->rules[0].action : &writer->policy->otherwise;
		uint32_t value = (uint32_t)action->kind << 16 | action->data;

		if (its->is_named && !(its->count && its->rules[0].count)
		    && (is_first || value > before) && value < best)
			best = value;
	}
	if (best == UINT32_MAX)
		return false;
	*last = (struct policy_action){ (enum policy_kind)(best >> 16), (uint16_t)best };
	return true;
}

static void
print_list(struct buffer *buffer, const char *key, const char *const *names, size_t count)
{
	if (!count)
		return;
	buffer_print(buffer, "\t\"%s\": [", key);
	for (size_t i = 0; i < count; i++)
		buffer_print(buffer, "%s\"%s\"", i ? ", " : "", names[i]);
	buffer_text(buffer, "],\n");
}

static void
print_head(struct buffer *buffer, const struct writer *writer)
{
	static const struct {
		unsigned flag;
		const char *name;
	} flags[] = { { SECCOMP_FILTER_FLAG_TSYNC, "SECCOMP_FILTER_FLAG_TSYNC" },
		      { SECCOMP_FILTER_FLAG_LOG, "SECCOMP_FILTER_FLAG_LOG" },
		      { SECCOMP_FILTER_FLAG_SPEC_ALLOW, "SECCOMP_FILTER_FLAG_SPEC_ALLOW" } };
	const char *names[ARCHES];
	size_t count = 0;

	buffer_text(buffer, "{\n");
	print_action(buffer, &writer->policy->otherwise, "\t", "defaultAction", "defaultErrnoRet");
	buffer_text(buffer, ",\n");
	for (enum arch arch = 0; arch < ARCHES; arch++)
		if (writer->arches & 1U << arch)
			names[count++] = arch_facts(arch)->oci;
	print_list(buffer, "architectures", names, count);
	count = 0;
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (writer->policy->flags & flags[i].flag)
			names[count++] = flags[i].name;
	print_list(buffer, "flags", names, count);
}

static void
print_all(struct buffer *buffer, const struct writer *writer)
{
	struct policy_action action = { 0 };
	bool has_any = false;

	print_head(buffer, writer);
	buffer_text(buffer, "\t\"syscalls\": [");
	for (bool is_first = true; next_action(writer, &action, is_first); is_first = false)
		print_names(buffer, writer, &action, &has_any);
	for (int call = 0; call < syscalls_count(); call++)
		for (size_t i = 0; i < writer->calls[call].count; i++)
			if (writer->calls[call].rules[i].count)
				print_rule(buffer, call, &writer->calls[call].rules[i], &has_any);
	buffer_text(buffer, has_any ? "\n\t]\n}\n" : "]\n}\n");
}

bool
ociwriter_print(struct buffer *buffer, const struct policy *policy, unsigned arches,
		struct problems *problems)
{
	size_t calls = (size_t)syscalls_count(), errors = problems->errors;
	struct writer writer = { .policy = policy,
				 .arches = arches,
				 .problems = problems,
				 .calls = memory_get(calls * sizeof(struct ocicall)) };

	check(&writer);
	for (size_t i = 0; i < calls; i++)
		make_call(&writer, (int)i);
	if (problems->errors == errors)
		print_all(buffer, &writer);
	for (size_t i = 0; i < calls; i++)
		ocicall_close(&writer.calls[i]);
	free(writer.calls);
	return problems->errors == errors;
}
