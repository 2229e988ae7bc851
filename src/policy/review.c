/* SPDX-License-Identifier: MIT */
#include "policy/review.h"

#include <stdlib.h>
#include <string.h>

#include "cli/buffer.h"
#include "memory.h"

/* What can become of a call, whatever its arguments are. */
struct outlook {
	const struct policy_rule *rule; /* the first that is about it */
	bool may_pass, may_fail;
};

static bool
passes(const struct policy_action *action)
{
	return action->kind < POLICY_ERRNO;
}

static void
look(struct outlook *outlook, const struct policy_action *action)
{
	if (passes(action))
		outlook->may_pass = true;
	else
		outlook->may_fail = true;
}

static struct outlook
look_at(const struct policy *policy, enum arch arch, uint32_t number)
{
	struct outlook outlook = { 0 };
	struct policy_action last;
	uint32_t first_number, last_number;

	for (size_t i = 0; i < policy->count; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		if (!policy_numbers(rule, arch, &first_number, &last_number)
		    || number < first_number || number > last_number)
			continue;
		if (!outlook.rule)
			outlook.rule = rule;
		look(&outlook, &rule->action);
		if (!rule->condition)
			return outlook;
	}
	last = number >= policy_newer(policy, arch) ? policy->newer : policy->otherwise;
	look(&outlook, &last);
	return outlook;
}

/* Of each call on ARCH; of those that it has not, nothing. */
static struct outlook *
look_around(const struct policy *policy, enum arch arch)
{
	struct outlook *outlooks = memory_get((size_t)syscalls_count() * sizeof(*outlooks));

	for (int call = 0; call < syscalls_count(); call++) {
		int64_t number = syscalls_number(call, arch);

		if (number >= 0)
			outlooks[call] = look_at(policy, arch, (uint32_t)number);
	}
	return outlooks;
}

/* What can do less than others of its kin: no way around where these are denied some arguments only. */
static bool
is_weak(int call)
{
	static const char calls[][8] = { "creat", "fork", "vfork" };

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (!strcmp(syscalls_name(call), calls[i]))
			return true;
	return false;
}

/* Rules that deny a call, or some of its arguments, where others that do the same are always allowed. */
static void
review_kin(const struct outlook *outlooks, bool *is_told, struct problems *problems)
{
	for (int call = 0; call < syscalls_count(); call++) {
		const struct outlook *outlook = &outlooks[call];
		struct buffer names = { 0 };

		if (!outlook->rule || !outlook->may_fail || is_told[call])
			continue;
		for (int kin = syscalls_kin(call, SYSCALL_NONE); kin != SYSCALL_NONE;
		     kin = syscalls_kin(call, kin))
			if (outlooks[kin].may_pass && !outlooks[kin].may_fail
			    && !(outlook->may_pass && is_weak(kin)))
				buffer_print(&names, "%s%s", names.length ? ", " : "",
					     syscalls_name(kin));
		if (names.length)
			problems_warn(problems, &outlook->rule->place, "give them the same rule",
				      "what is denied to %s, others can do: %s",
				      syscalls_name(call), buffer_string(&names));
		is_told[call] = names.length;
		buffer_done(&names);
	}
}

static const struct outlook *
outlook_of(const struct outlook *outlooks, const char *name)
{
	return &outlooks[syscalls_find(name, strlen(name))];
}

static bool
review_uring(const struct policy *policy, const struct outlook *outlooks, struct problems *problems)
{
	static const char calls[][12] = { "open",     "openat",    "openat2", "read",   "write",
					  "unlinkat", "renameat2", "mkdirat", "socket", "connect",
					  "accept4",  "sendmsg",   "recvmsg" };
	const struct outlook *uring = outlook_of(outlooks, "io_uring_setup");
	const char *denied = NULL;

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls) && !denied; i++)
		if (outlook_of(outlooks, calls[i])->may_fail)
			denied = calls[i];
	if (!denied || !uring->may_pass)
		return false;
	problems_warn(problems, uring->rule ? &uring->rule->place : &policy->otherwise_place,
		      "deny it, with ENOSYS",
		      "io_uring_setup is allowed, and io_uring asks no filter: %s is possible",
		      denied);
	return true;
}

static void
review_actions(const struct policy *policy, struct problems *problems)
{
	const struct policy_rule *denial = NULL;

	for (size_t i = 0; i < policy->count; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		if (!denial && !passes(&rule->action))
			denial = rule;
		if (rule->action.kind == POLICY_ERRNO && !rule->action.data)
			problems_warn(problems, &rule->place, "give it an error",
				      "%s does nothing and says that all went well",
				      rule->call == SYSCALL_NONE ? "this"
								 : syscalls_name(rule->call));
	}
	if (denial && passes(&policy->otherwise))
		problems_warn(problems,
			      policy->has_otherwise ? &policy->otherwise_place : &denial->place,
			      "name what is allowed, and deny the rest",
			      "calls that are not named are allowed, those of newer kernels too");
	else if (!passes(&policy->otherwise) && passes(&policy->newer))
		problems_warn(problems, &policy->otherwise_place, "deny them, with ENOSYS",
			      "calls of newer kernels are allowed");
}

void
policy_review(const struct policy *policy, unsigned arches, struct problems *problems)
{
	/* What is so on several architectures is told once. */
	bool *is_told = memory_get((size_t)syscalls_count()), is_uring_told = false;

	review_actions(policy, problems);
	for (enum arch arch = 0; arch < ARCHES; arch++) {
		struct outlook *outlooks;

		if (!(arches & 1U << arch))
			continue;
		outlooks = look_around(policy, arch);
		review_kin(outlooks, is_told, problems);
		is_uring_told = is_uring_told || review_uring(policy, outlooks, problems);
		free(outlooks);
	}
	free(is_told);
}
