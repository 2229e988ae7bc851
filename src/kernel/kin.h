/* SPDX-License-Identifier: MIT */
/*
 * Which processes belong together now: children, by /proc/PID/task/TID/children or by who names whom as
 * parent, and members of a process group; proc(5), getpgid(2).
 *
 * Nothing holds what is found: the numbers of those that end meanwhile may become others'. One that is
 * started meanwhile may be missing, unless its parent is still.
 */
#ifndef BUTTER_KIN_H
#define BUTTER_KIN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "cli/say.h"

/* Numbers of processes. A zeroed struct is an empty list. */
struct kin {
	pid_t *pids;
	size_t count, room;
};

/*
 * Adds the children of the process PID to KIN. -1 with errno ESRCH (no such process), ENOENT (no /proc
 * here), EACCES (hidepid), EXDEV (the /proc of another pid namespace), EPROTO (not the format that is
 * known), EMFILE.
 */
int kin_children(pid_t pid, struct kin *kin);

/* Adds the members of the process group GROUP, zombies too. -1 with errno, as above but for ESRCH. */
int kin_group(pid_t group, struct kin *kin);

/* Whether the process PID does not run: all of its threads are stopped or have ended, or it is not there. */
bool kin_is_still(pid_t pid);

void kin_done(struct kin *kin);

/*
 * From now on descendants whose parent has ended become children of this process, instead of process 1's.
 * -1 with errno EPERM, ENOSYS (a seccomp profile), EINVAL (before Linux 3.4); PR_SET_CHILD_SUBREAPER of
 * prctl(2).
 */
int kin_adopt(void);

/* Advice for errors of that. */
extern const struct hint kin_adopt_hints[];

/* The parser, for the text of a file `children`: adds its numbers; -1 when it is not of that form. */
int kin_parse(const char *text, size_t length, struct kin *kin);

#endif
