/* SPDX-License-Identifier: MIT */
/* Named groups of system calls, @file-system, by the kernel's subsystems (src/policy/groups.txt). */
#ifndef BUTTER_POLICY_GROUPS_H
#define BUTTER_POLICY_GROUPS_H

#include <stddef.h>

int groups_count(void);

/* With its @. */
const char *groups_name(int group);

/* One line: what its calls do. */
const char *groups_about(int group);

/* The group of LENGTH bytes of NAME, which begins with @; -1: there is none. */
int groups_find(const char *name, size_t length);

/* The name that may have been meant; NULL: none is near. */
const char *groups_nearest(const char *name, size_t length);

/* Its calls (syscalls.h), those of groups in it among them, each once, in rising order: *COUNT of them. */
const short *groups_members(int group, size_t *count);

#endif
