/* SPDX-License-Identifier: MIT */
/* setns(2), unshare(2): becoming a part of another mount namespace, and of new ones. */
#ifndef BUTTER_NAMESPACE_H
#define BUTTER_NAMESPACE_H

#include <stdbool.h>

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

/*
 * Both, by NAME; and what proc_open opens stays what it was. With ROOT, and the number of a process,
 * its root is the root then, if that is another. -1 with errno of both, and of chroot(2).
 */
int namespace_join(const char *name, bool root);

/*
 * Becomes the only one in a new mount namespace, or user namespace; unshare(2). -1 with errno EPERM,
 * ENOSPC.
 */
int namespace_new_mounts(void);
int namespace_new_users(void);

/*
 * Waits for others who do the same in this mount namespace: a moment, as they may hang, and once. Closing
 * what is returned, which may be -1, lets the next one go on.
 */
int namespace_take_turn(void);

/* Whether FD is a user namespace. */
bool namespace_is_of_users(int fd);

#endif
