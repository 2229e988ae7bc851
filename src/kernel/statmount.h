/* SPDX-License-Identifier: MIT */
/* statmount(2), listmount(2): mounts by ids that are never used again; since Linux 6.8. */
#ifndef BUTTER_STATMOUNT_H
#define BUTTER_STATMOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/mountinfo.h"

/*
 * Where the mount ID of this mount namespace is, into PATH of ROOM bytes. -1 with errno ENOENT
 * (there is no such mount), EXDEV (it is not below this process's root), EOVERFLOW (ROOM is too small),
 * EPERM (the same as EXDEV, to who may not know), ENOSYS.
 */
int statmount_path(uint64_t id, char *path, size_t room);

/* The mount that PATH is on, as this module knows it. -1 with errno of statx(2); ENOSYS before Linux 6.8. */
int statmount_id(const char *path, uint64_t *id);

/*
 * Whether the mount ID is mounted in no other one: the initial root. 1, 0; -1 with errno as
 * statmount_path.
 */
int statmount_is_initial(uint64_t id);

/*
 * Whether the mount that the mount ID is mounted in is shared, mount_namespaces(7), 1 or 0, also
 * outside of this process's root. -1 with errno as statmount_path.
 */
int statmount_is_in_shared(uint64_t id);

/*
 * Hands the id of each mount of this mount namespace to EACH. -1 with errno EPERM, ENOSYS.
 */
int statmount_each(void (*each)(uint64_t id, void *context), void *context);

/*
 * The same as mountinfo_each, for where there is no /proc. -1 with errno EPERM, ENOSYS (before Linux 6.13,
 * which does not tell all).
 */
int statmount_list(bool (*each)(const struct mountinfo *mount, void *context), void *context);

#endif
