/* SPDX-License-Identifier: MIT */
/*
 * File systems made part by part, in a context that says what was wrong: fsopen(2), fsconfig(2),
 * fsmount(2), fspick(2); since Linux 5.2. Each returns -1 with errno; ENOSYS, or EPERM from a filter,
 * where there are none of these calls.
 */
#ifndef BUTTER_FILESYSTEM_H
#define BUTTER_FILESYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Longer keys and values the kernel does not take: EINVAL, without a word. */
enum { FILESYSTEM_LONGEST = 255 };

/* A context for a new file system of TYPE; ENODEV: the kernel has none. close(2) it. */
int filesystem_open(const char *type);

/*
 * A context for the file system that the mount FD is of, to be changed; EINVAL: FD is not the root of a
 * mount.
 */
int filesystem_pick(int fd);

/* Sets KEY; VALUE is NULL for what has none. EINVAL: the file system does not know it, or not that value. */
int filesystem_set(int context, const char *key, const char *value);

/* Makes it; EXCLUSIVE: EBUSY where it would be one that is in use already (since Linux 6.6). */
int filesystem_create(int context, bool exclusive);

/* Makes the changes. */
int filesystem_reconfigure(int context);

/* A mount of it that is nowhere yet, with these MOUNT_ATTR_... */
int filesystem_mount(int context, uint64_t attributes);

/*
 * The next message that was left in CONTEXT, as text: `e tmpfs: Unknown parameter 'x'`; w and i are
 * warnings and information. Its length, 0: there is none.
 */
size_t filesystem_message(int context, char *text, size_t room);

#endif
