/* SPDX-License-Identifier: MIT */
/*
 * getpid: print a process id, as the kernel has it; in each pid namespace; or as
 * an identity that no later process shares. `getpid -- COMMAND` becomes COMMAND
 * in place, which then finds its own id in BUTTER_PID: a shell's $$ stays the
 * same in subshells, this does not.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "applet.h"
#include "cli/num.h"
#include "cli/out.h"
#include "cli/say.h"
#include "kernel/pid.h"
#include "kernel/pidfd.h"
#include "process/exec.h"

static bool identity, namespaces;
static char **command;

static void
options(struct opt_table *table)
{
	opt_flag(table, 0, "id", &identity,
		 "print PID:INODE, or PID@STARTTIME, which is never used again");
	opt_flag(table, 0, "ns", &namespaces,
		 "print the id in every pid namespace, from this one inwards");
	opt_command(table, &command);
}

static int
become(void)
{
	char text[16];
	int status;

	if (!command[0])
		return misuse("missing COMMAND after --");
	snprintf(text, sizeof(text), "%d", (int)pid_self());
	if (setenv("BUTTER_PID", text, 1) < 0)
		return fail(NULL, "cannot set BUTTER_PID"), 125;
	status = exec_become(command);
	fail(pid_start_hints, "cannot run '%s'", command[0]);
	return status;
}

/* As util-linux 2.42 spells it where the kernel has pidfs; the start time elsewhere. */
static int
print_identity(pid_t pid, bool is_self)
{
	uint64_t inode, start;
	pid_t parent;

	if (pidfd_identity(pid, &inode) == 0) {
		out_print("%d:%" PRIu64 "\n", (int)pid, inode);
		return 0;
	}
	/* Only what the kernel or its guard will always answer: the form must not change with the weather. */
	if (errno != ENOSYS && errno != EOPNOTSUPP && errno != EPERM)
		return fail(pid_hints_for(pid), "cannot identify process %d", (int)pid);
	if (pid_stat(is_self ? 0 : pid, &parent, &start) < 0)
		return fail(pid_hints_for(pid), "cannot identify process %d", (int)pid);
	out_print("%d@%" PRIu64 "\n", (int)pid, start);
	return 0;
}

static int
print_namespaces(pid_t pid, bool is_self)
{
	pid_t ids[PID_NAMESPACES_MAX];
	int count = pid_namespaces(is_self ? 0 : pid, ids);

	if (count < 0)
		return fail(pid_hints_for(pid), "cannot look at process %d", (int)pid);
	for (int i = 0; i < count; i++)
		out_print("%s%d", i ? " " : "", (int)ids[i]);
	out_print("\n");
	return 0;
}

static int
print_plain(pid_t pid, bool is_self)
{
	uint64_t start;
	pid_t parent;

	if (!is_self && pid_stat(pid, &parent, &start) < 0)
		return fail(pid_hints_for(pid), "cannot look at process %d", (int)pid);
	out_print("%d\n", (int)pid);
	return 0;
}

static int
getpid_run(int count, char **operands)
{
	pid_t pid = pid_self();
	int64_t number;

	if (identity + namespaces + !!command > 1)
		return misuse("--id, --ns and a command exclude each other");
	if (command && count)
		return misuse("PID and a command exclude each other");
	if (command)
		return become();
	if (count) {
		if (num_integer(operands[0], 1, PID_LARGEST, &number) < 0)
			return misuse("'%s' is not a process id; a command goes after --",
				      operands[0]);
		pid = (pid_t)number;
	}
	if (identity)
		return print_identity(pid, !count);
	if (namespaces)
		return print_namespaces(pid, !count);
	return print_plain(pid, !count);
}

const struct applet applet_getpid = {
	.name = "getpid",
	.summary = "print a process id, or run a command that knows its own",
	.operands = "[PID]",
	.max = 1,
	.options = options,
	.run = getpid_run,
};
