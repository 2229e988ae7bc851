/* SPDX-License-Identifier: MIT */
/*
 * seccomp-exec: run a command that can do less. Which system calls it may make, with which arguments, is
 * said in options, in files of minijail's language, or in the JSON of Docker, Podman and OCI runtimes; what
 * the kernel gets is exact and small. Beside that: another user, fewer capabilities, fewer files and ports.
 * The command is run in place, in this process, and never where one step of all has failed. As it can make
 * any call fail, it is also what error paths are tested with.
 */
#include <limits.h>

#include "applet.h"
#include "cli/say.h"
#include "dumping.h"
#include "filtering.h"
#include "process/exec.h"

static const struct name scopes[] = {
	{ "signals", LANDLOCK_SIGNALS },
	{ "abstract", LANDLOCK_ABSTRACT },
	{ "" },
};

static struct filtering wish = { .export_fd = -1, .confining = { .status_fd = -1 } };
static bool list_calls;
static const char *list_groups;

static void
policy_options(struct opt_table *table)
{
	opt_list(
		table, 'a', "allow", "CALLS", &wish.rules,
		"allow these calls: names, numbers, @groups, /globs/, each with a (CONDITION) or none");
	opt_list(table, 'd', "deny", "CALLS", &wish.rules,
		 "deny these calls, with EPERM or the :ACTION behind them");
	opt_list(table, 0, "errno", "CALLS", &wish.rules,
		 "make these calls fail, with the error behind them: CALLS=ERRNO");
	opt_list(table, 'p', "policy", "FILE", &wish.rules,
		 "read rules from FILE, minijail's language or OCI JSON; - is standard input");
	opt_string(table, 0, "default", "ACTION", &wish.otherwise,
		   "what becomes of all other calls: allow, log, ERRNO, trap, kill-thread or kill");
	opt_string(table, 0, "newer", "ACTION", &wish.newer,
		   "what becomes of calls that are newer than the policy; ENOSYS");
	opt_flag(table, 0, "allow-fake-success", &wish.fakes,
		 "let errno 0 stand: a call that is not done, and says that it was");
	opt_list(table, 0, "arch", "ARCH", &wish.arches,
		 "let in the calls of this architecture, too");
}

static void
confining_options(struct opt_table *table)
{
	struct confining *confining = &wish.confining;

	opt_string(table, 0, "user", "USER", &confining->user,
		   "become USER, with the groups that this one has");
	opt_string(table, 0, "group", "GROUPS", &confining->groups,
		   "have these groups and no others");
	opt_string(table, 0, "caps", "CAPS", &confining->capabilities,
		   "have these capabilities and no others: names, all, none, -NAME");
	opt_string(table, 0, "bounding", "CAPS", &confining->bounding,
		   "have no other capabilities in the bounding set");
	opt_list(table, 0, "ro", "PATH", &confining->land,
		 "let it read what is there, and no other files");
	opt_list(table, 0, "rw", "PATH", &confining->land, "let it read and write what is there");
	opt_list(table, 0, "exec-path", "PATH", &confining->land,
		 "let it read and execute what is there");
	opt_list(table, 0, "tcp-connect", "PORT", &confining->land,
		 "let it connect to PORT by TCP, and to no others; or none");
	opt_list(table, 0, "tcp-bind", "PORT", &confining->land,
		 "let it listen at PORT by TCP, and at no others; or none");
	opt_names(table, 0, "scope", "SCOPES", scopes, &confining->scopes,
		  "keep it from other processes, by signals and abstract sockets");
	opt_integer(table, 0, "require-abi", "N", 1, INT_MAX, &confining->require_abi,
		    "fail unless the kernel's Landlock is as new as that");
	opt_fd(table, 0, "status-fd", &confining->status_fd,
	       "tell FD in JSON lines what becomes of it");
}

static void
options(struct opt_table *table)
{
	policy_options(table);
	opt_choice(
		table, 0, "at", "POINT", filtering_points, &wish.at,
		"load the filter at the start, after exec, or at the program's entry, behind its loader");
	opt_flag(table, 0, "strict", &wish.strict,
		 "allow read, write and the end alone, from the program's entry on");
	opt_flag(table, 0, "explain", &wish.explain,
		 "tell of each call that is denied, by which rule, and what would allow it");
	opt_string(
		table, 0, "learn", "FILE", &wish.learn,
		"deny nothing, and write the policy that lets it run to FILE, JSON if that ends in .json");
	opt_string(table, 0, "merge", "FILE", &wish.merge,
		   "--learn: what FILE allows is known, and kept");
	opt_flag(table, 0, "check", &wish.check,
		 "only tell what is wrong or doubtful with the policy");
	opt_flag(table, 0, "dry-run", &wish.dry_run, "only tell what would be loaded");
	opt_choice(table, 0, "dump", "FORM", dumping_forms, &wish.dump,
		   "only print the filter: text, bytes, C, or the policy as OCI JSON");
	opt_string(table, 0, "emulate", "CALL", &wish.emulate,
		   "only tell what would become of NAME(ARGUMENT, ...), and by which rule");
	opt_integer(table, 0, "export", "FD", 0, INT_MAX, &wish.export_fd,
		    "load nothing, but give the filter to COMMAND as FD, or write it there");
	opt_flag(table, 0, "list-syscalls", &list_calls, "print the calls that are known");
	opt_string(table, 0, "list-groups", "GROUP", &list_groups,
		   "print the groups of calls, or what is in one")
		->otherwise = "";
	opt_flag(table, 'j', "json", &wish.json, "lists: print JSON lines");
	confining_options(table);
}

static int
seccomp_exec_run(int count, char **operands)
{
	if (list_calls && list_groups)
		return misuse("--list-syscalls and --list-groups exclude each other");
	if ((list_calls || list_groups) && count)
		return misuse("extra operand '%s'", operands[0]);
	if (wish.json && !list_calls && !list_groups)
		return misuse("--json goes with --list-syscalls and --list-groups");
	if (list_calls)
		return filtering_list_calls(&wish);
	if (list_groups)
		return filtering_list_groups(&wish, list_groups);
	return filtering(&wish, count ? operands : NULL);
}

const struct applet applet_seccomp_exec = {
	.name = "seccomp-exec",
	.summary = "run a command with fewer system calls and less to reach",
	.operands = "[COMMAND [ARG ...]]",
	.max = APPLET_ANY,
	.wrapper = true,
	.failure = EXEC_FAILED,
	.options = options,
	.run = seccomp_exec_run,
};
