/* SPDX-License-Identifier: MIT */
#include "policy/emulate.h"

#include <inttypes.h>
#include <string.h>

#include "cli/num.h"
#include "policy/constants.h"
#include "policy/registers.h"
#include "policy/value.h"

/* ---- reading ---- */

/* What stands before the parenthesis. */
static bool
read_name(struct scan *scan, struct emulate_call *call)
{
	struct place place = scan_place(scan);
	const char *name;
	size_t length = scan_word(scan, "-", &name);
	int known = syscalls_find(name, length);
	int64_t number = known == SYSCALL_NONE ? -1 : syscalls_number(known, scan->arch);

	call->name = policy_keep_text(scan->policy, name, length);
	call->number = (uint32_t)number;
	if (number >= 0)
		return true;
	if (known != SYSCALL_NONE) {
		problems_error(scan->problems, &place, NULL, "%s has no call '%s'",
			       arch_facts(scan->arch)->name, call->name);
		return false;
	}
	if (num_integer(call->name, -1, UINT32_MAX, &number) < 0) {
		problems_error(scan->problems, &place,
			       problems_meant(scan->problems, syscalls_nearest(name, length)),
			       "unknown system call '%s'", call->name);
		return false;
	}
	call->number = (uint32_t)number;
	return true;
}

/* What stands between the parentheses. */
static bool
read_arguments(struct scan *scan, struct emulate_call *call)
{
	int known = syscalls_at(call->number, scan->arch);
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
		registers = registers_of(known, count++, scan->arch);
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
	if (!read_name(&scan, call) || !read_arguments(&scan, call))
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
emulate_print(struct buffer *buffer, const struct policy *policy, enum arch arch,
	      const struct emulate_call *call)
{
	const struct policy_rule *rule;
	struct policy_action action =
		policy_decide(policy, arch, call->number, call->arguments, &rule);

	buffer_print(buffer, "%s: ", call->name);
	emulate_print_action(buffer, action);
	buffer_text(buffer, " (");
	if (rule)
		emulate_print_place(buffer, &rule->place);
	else
		print_ground(buffer, policy, arch, call->number);
	buffer_text(buffer, ")\n");
	return action.kind == POLICY_ALLOW || action.kind == POLICY_LOG;
}
