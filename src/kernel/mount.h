/* SPDX-License-Identifier: MIT */
/*
 * Mounts made, moved and removed, and the root changed: mount(2), umount(2), pivot_root(2),
 * chroot(2).
 */
#ifndef BUTTER_MOUNT_H
#define BUTTER_MOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/say.h"

/* How what is mounted and unmounted spreads to other copies of a mount; mount_namespaces(7). */
enum mount_propagation { MOUNT_PRIVATE, MOUNT_SLAVE, MOUNT_SHARED };

/* Of the mount at PATH and of all below it. -1 with errno EINVAL (PATH is no mount point), EPERM. */
int mount_propagate(const char *path, enum mount_propagation how);

/*
 * Mounts the folder or file FROM at TO, with all that is mounted below it. -1 with errno EINVAL,
 * ENOTDIR, EPERM, ENOSPC (fs.mount-max).
 */
int mount_bind(const char *from, const char *to);

/*
 * Moves the mount at FROM to TO. -1 with errno EINVAL: no mount point, or one that is in a shared
 * mount.
 */
int mount_move(const char *from, const char *to);

/*
 * mount(2) itself, with MS_... of linux/mount.h as FLAGS; what is not needed is NULL. -1 with errno:
 * one number for whatever has been wrong.
 */
int mount_call(const char *source, const char *target, const char *type, uint64_t flags,
	       const char *data);

/* Takes away the mount at PATH at once, however it is used; it ends when nobody uses it. -1 with errno. */
int mount_detach(const char *path);

enum {
	MOUNT_FORCE = 1, /* also if a server does not answer */
	MOUNT_LAZY = 2,  /* as mount_detach */
	MOUNT_EXPIRE =
		4, /* only if nobody has used it since the last such call; else it is marked, EAGAIN */
};

/*
 * Takes away the mount on top at PATH, whose last component is not followed; HOW is of the above.
 * -1 with errno EAGAIN, EBUSY, EINVAL (no mount point, or a locked one), ENOENT, EPERM; umount(2).
 */
int mount_remove(const char *path, unsigned how);

/* Advice for errors of mount_remove. */
extern const struct hint mount_remove_hints[];

/*
 * Makes the file system that is mounted at PATH read-only, at all places; of this mount nothing
 * else changes. -1 with errno EBUSY (somebody writes to it), EINVAL, EPERM; mount(2).
 */
int mount_make_read_only(const char *path);

/*
 * Makes NEW_ROOT the root of all processes that have the present one, which is mounted at PUT_OLD then.
 * -1 with errno.
 */
int mount_pivot_root(const char *new_root, const char *put_old);

/* Makes PATH the root of this process. -1 with errno. */
int mount_chroot(const char *path);

#endif
