/* SPDX-License-Identifier: MIT */
/* setns(2): becoming a part of another mount namespace. */
#ifndef BUTTER_NAMESPACE_H
#define BUTTER_NAMESPACE_H

#include "cli/say.h"

/* Advice for errors of both. */
extern const struct hint namespace_hints[];

/*
 * Opens the mount namespace NAME: of the process of that number, by /proc, or the file of that
 * path. A descriptor, or -1 with errno of open(2): ENOENT (no such process or file), EACCES.
 */
int namespace_open_mounts(const char *name);

/*
 * Becomes a part of the mount namespace FD: its root is the root and the current folder then. -1
 * with errno of setns(2): EINVAL (it is none), EPERM (needs CAP_SYS_ADMIN and CAP_SYS_CHROOT).
 */
int namespace_enter_mounts(int fd);

#endif
