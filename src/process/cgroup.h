/* SPDX-License-Identifier: MIT */
/* The cgroup of a process; cgroups(7). */
#ifndef BUTTER_CGROUP_H
#define BUTTER_CGROUP_H

#include <stddef.h>
#include <sys/types.h>

/*
 * The path of the cgroup of version 2 in TEXT, a /proc/PID/cgroup, ended in place; NULL: there is none.
 */
char *cgroup_parse(char *text);

/*
 * Opens the folder of the cgroup, of version 2, that PID is in. -1 with errno ENOENT (there is no such mount
 * here, or no /proc), ESRCH, EXDEV (it is not below what is mounted).
 */
int cgroup_open(pid_t pid);

/* This process is in the cgroup of the open FOLDER from now on. -1 with errno as clone_start of clone.h. */
int cgroup_join(int folder);

#endif
