/* SPDX-License-Identifier: MIT */
/*
 * Mounts by descriptor: open_tree(2), move_mount(2), both since Linux 5.2, and mount_setattr(2), since
 * Linux 5.12. Each returns -1 with errno; ENOSYS, or EPERM from a filter, where there are none of these
 * calls.
 */
#ifndef BUTTER_MOUNTFD_H
#define BUTTER_MOUNTFD_H

#include <stdbool.h>
#include <stdint.h>

/*
 * A copy of the mount at PATH from the folder FD ("": FD itself), from there on, with all below it if
 * RECURSIVE, that is mounted nowhere yet. EINVAL: unbindable, or, before Linux 6.15, one that is
 * nowhere itself.
 */
int mountfd_clone(int fd, const char *path, bool recursive);

/*
 * Puts the mount FD at TARGET, or moves it there; BENEATH what is there (since Linux 6.5). EINVAL: it
 * is no mount, or is in a shared one, or not both are folders; ELOOP: TARGET is in it.
 */
int mountfd_place(int fd, int target, bool beneath);

/* Turns MOUNT_ATTR_... of the mount FD on and off, with all below it if RECURSIVE: all, or nothing. */
int mountfd_change(int fd, uint64_t on, uint64_t off, bool recursive);

/* MS_SHARED, MS_PRIVATE, MS_SLAVE or MS_UNBINDABLE; mount_namespaces(7). */
int mountfd_propagate(int fd, uint64_t propagation, bool recursive);

/*
 * The owners of files in the mount FD, which is nowhere yet, are seen by the ids of the user namespace
 * NAMESPACE. EINVAL: the file system does not know that.
 */
int mountfd_map(int fd, int namespace, bool recursive);

#endif
