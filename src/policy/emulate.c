/* SPDX-License-Identifier: MIT */
#include "policy/emulate.h"

#include <inttypes.h>
#include <string.h>

#include "policy/constants.h"
#include "policy/registers.h"
#include "policy/targets.h"
#include "policy/value.h"

/* ---- reading ---- */

static bool
read_name(struct scan *scan, struct emulate_call *call)
{
	struct place place = scan_place(scan);
	const char *name;
	size_t length = scan_word(scan, "", &name);
	int known = syscalls_find(name, length);
	int64_t number = known == SYSCALL_NONE ? -1 : syscalls_number(known, scan->arch);

	call->name = policy_keep_text(scan->policy, name, length);
	call->number = (uint32_t)number;
	if (number >= 0)
		return true;
	if (known == SYSCALL_NONE)
		problems_error(scan->problems, &place,
			       problems_meant(scan->problems, syscalls_nearest(name, length)),
			       "unknown system call '%s'", call->name);
	else
		problems_error(scan->problems, &place, NULL, "%s has no call '%s'",
			       arch_facts(scan->arch)->name, call->name);
	return false;
}

static bool
read_number(struct scan *scan, struct emulate_call *call)
{
	const char *start = scan->at;

	/* It is no call, and programs make it: a tracer has a call left out by that. */
	if (scan_take(scan, "-1"))
		call->number = UINT32_MAX;
	else if (!targets_number(scan, &call->number))
		return false;
	call->name = policy_keep_text(scan->policy, start, (size_t)(scan->at - start));
	return true;
}

/* What stands before the parenthesis. */
static bool
read_call(struct scan *scan, struct emulate_call *call)
{
	char next = scan_next(scan);
	bool is_number = next == '-' || (next >= '0' && next <= '9');

	if (!(is_number ? read_number(scan, call) : read_name(scan, call)))
		return false;
	call->arch = scan->arch;
	if (call->number != UINT32_MAX)
		call->arch = arch_of_call(arch_facts(scan->arch)->audit, call->number);
	return true;
}

/* What stands between the parentheses. */
static bool
read_arguments(struct scan *scan, struct emulate_call *call)
{
	int known = syscalls_at(call->number, call->arch);
	struct registers registers;
	struct value value;
	unsigned count = 0;

	if (!scan_take(scan, "(") || scan_take(scan, ")"))
		return true;
	do {
		if (count == SYSCALL_ARGUMENTS)
			return scan_unexpected(scan, "6 arguments at most");
		if (!value_read(scan, &value))
			return false;
		registers = registers_of(known, count++, call->arch);
		registers_set(&registers, value.bits, call->arguments);
	} while (scan_take(scan, ","));
	return scan_take(scan, ")") || scan_unexpected(scan, "`,` or `)`");
}

bool
emulate_read(struct policy *policy, const char *option, const char *text, enum arch arch,
	     struct emulate_call *call, struct problems *problems)
{
	struct scan scan = scan_option(policy, option, text, arch, problems);

	*call = (struct emulate_call){ 0 };
	if (!read_call(&scan, call) || !read_arguments(&scan, call))
		return false;
	return scan_next(&scan) == '\0' || scan_unexpected(&scan, "nothing more");
}

/* ---- telling ---- */

static const char *const kinds[] = {
	[POLICY_ALLOW] = "allow",
	[POLICY_LOG] = "log",
	[POLICY_TRACE] = "trace",
	[POLICY_NOTIFY] = "notify",
	[POLICY_ERRNO] = "errno",
	[POLICY_TRAP] = "trap",
	[POLICY_KILL_THREAD] = "kill-thread",
	[POLICY_KILL] = "kill",
};

void
emulate_print_action(struct buffer *buffer, struct policy_action action)
{
	const char *name = constants_errno_name(action.data);

	buffer_text(buffer, kinds[action.kind]);
	if (action.kind != POLICY_ERRNO)
		return;
	if (name)
		buffer_print(buffer, " %s", name);
	else
		buffer_print(buffer, " %u", (unsigned)action.data);
}

void
emulate_print_place(struct buffer *buffer, const struct place *place)
{
	buffer_text(buffer, place->file);
	if (place->line)
		buffer_print(buffer, ":%u", place->line);
	if (place->column)
		buffer_print(buffer, ":%u", place->column);
	if (place->path)
		buffer_print(buffer, ": %s", place->path);
}

/* By what, where no rule fits. */
static void
print_ground(struct buffer *buffer, const struct policy *policy, enum arch arch, uint32_t number)
{
	uint32_t first, last;
	bool is_apart = number == UINT32_MAX
			|| (policy_apart(arch, &first, &last) && number >= first && number <= last);

	if (number >= policy_newer(policy, arch) && !is_apart) {
		buffer_text(buffer, "newer than the policy");
	} else if (policy->otherwise_place.file) {
		emulate_print_place(buffer, &policy->otherwise_place);
		buffer_text(buffer, ", the default");
	} else {
		buffer_text(buffer, "the default");
	}
}

bool
emulate_print(struct buffer *buffer, const struct policy *policy, unsigned arches,
	      const struct emulate_call *call)
{
	struct policy_action action = { POLICY_KILL, 0 };
	const struct policy_rule *rule = NULL;
	bool is_foreign = !(arches >> call->arch & 1);

	if (!is_foreign)
		action = policy_decide(policy, call->arch, call->number, call->arguments, &rule);
	buffer_print(buffer, "%s: ", call->name);
	emulate_print_action(buffer, action);
	buffer_text(buffer, " (");
	if (is_foreign)
		buffer_print(buffer, "a call of %s, which --arch %s lets in",
			     arch_facts(call->arch)->name, arch_facts(call->arch)->name);
	else if (rule)
		emulate_print_place(buffer, &rule->place);
	else
		print_ground(buffer, policy, call->arch, call->number);
	buffer_text(buffer, ")\n");
	return action.kind == POLICY_ALLOW || action.kind == POLICY_LOG;
}
