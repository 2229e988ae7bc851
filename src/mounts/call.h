/* SPDX-License-Identifier: MIT */
/* The same as the newer calls do, by mount(2), for kernels and filters without those. */
#ifndef BUTTER_MOUNT_CALL_H
#define BUTTER_MOUNT_CALL_H

#include "mounts/attach.h"
#include "mounts/destination.h"

/*
 * Makes a file system, or binds or moves what is mounted, at TARGET. READ_ONLY: whatever the words say.
 * The root of what is mounted then, to be closed. -1: TROUBLE, and all is as it was.
 */
int call_mount(const struct attach *wish, const struct destination *target, bool read_only,
	       struct trouble *trouble);

/* Changes what is mounted at TARGET. What the words do not say stays as it is. */
int call_change(const struct attach *wish, const struct destination *target,
		struct trouble *trouble);

/* The attributes alone of the mount whose root FD is, at PATH. */
int call_attributes(const struct words *words, int fd, const char *path, struct trouble *trouble);

/* Takes away what has just been mounted as WISH says, its root FD (-1: unknown), at PATH. errno stays. */
void call_undo(const struct attach *wish, int fd, const char *path);

/* MS_SHARED ... of the mount whose root FD is, at PATH. */
int call_propagate(int fd, const char *path, uint64_t propagation);

#endif
