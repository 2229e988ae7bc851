/* SPDX-License-Identifier: MIT */
/*
 * Loading a filter into a command when it runs already: then it need not allow what the start of a program
 * needs, execve(2) first of all. Done from a process aside (process/aside.h), by ptrace(2), whether the
 * command is static or not.
 */
#ifndef BUTTER_POLICY_INJECT_H
#define BUTTER_POLICY_INJECT_H

#include <sys/types.h>

#include "policy/compile.h"

enum inject_point {
	INJECT_EXEC, /* before the first instruction of what execve(2) has loaded: of the dynamic loader */
	INJECT_ENTRY, /* when that is done: at the program's entry point */
};

/*
 * Waits until PID, which is traced (ptrace_seize), has become another program, and loads PROGRAM with FLAGS,
 * SECCOMP_FILTER_FLAG_..., at POINT; PID stands still after that, as it does after an error. Returns 0; 1:
 * PID ended before it came so far, or let go of by nobody's fault. *LISTENER: with NEW_LISTENER its
 * descriptor. -1 with errno of seccomp_load, or EOPNOTSUPP (an architecture, or a program of 32 bits, into
 * which nothing can be loaded), EFAULT (no room on its stack).
 */
int inject_load(pid_t pid, enum inject_point point, const struct program *program, unsigned flags,
		int *listener);

/* PID, which stands still, ends with STATUS, or where that cannot be done by SIGKILL, having run nothing. */
void inject_end(pid_t pid, int status);

#endif
