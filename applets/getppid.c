/* SPDX-License-Identifier: MIT */
/*
 * getppid: print the process id of the parent, of this process (the shell that
 * called it) or of any other. For scripts that must know who started them, also as
 * PID 1 of a container.
 *
 * The smallest applet: copy it to begin a new one.
 */
#include "applet.h"
#include "cli/num.h"
#include "cli/out.h"
#include "cli/say.h"
#include "kernel/pid.h"

static int
getppid_run(int count, char **operands)
{
	pid_t parent = pid_parent();
	int64_t pid;
	uint64_t start;

	if (count) {
		if (num_integer(operands[0], 1, PID_LARGEST, &pid) < 0)
			return misuse("'%s' is not a process id", operands[0]);
		if (pid_stat((pid_t)pid, &parent, &start) < 0)
			return fail(pid_hints_for((pid_t)pid), "cannot look at process %s",
				    operands[0]);
	}
	out_print("%d\n", (int)parent);
	return 0;
}

const struct applet applet_getppid = {
	.name = "getppid",
	.summary = "print the process id of the parent",
	.operands = "[PID]",
	.max = 1,
	.run = getppid_run,
};
