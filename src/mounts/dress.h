/* SPDX-License-Identifier: MIT */
/*
 * What a mount gets before anybody can see it: other owners of its files, a part of it as its root, an
 * owner, a mode.
 */
#ifndef BUTTER_MOUNT_DRESS_H
#define BUTTER_MOUNT_DRESS_H

#include <sys/types.h>

#include "mounts/attach.h"

/* Whether it needs the newer calls. */
bool dress_needs_newer(const struct words *words);

/*
 * Does to the mount FD, which is nowhere yet or has just been mounted, what the words say, and gives it
 * back, or another one in its place. -1: TROUBLE, and FD is closed.
 */
int dress(const struct attach *wish, int fd, struct trouble *trouble);

/* The owner and mode of what is bound, and seen elsewhere, too, or kept by what is on a disk. */
struct dress_before {
	int fd; /* of it, or -1: they have not been changed */
	uid_t user;
	gid_t group;
	mode_t mode;
};

/*
 * Remembers them before WISH is done; of a new file system dress does, in the BEFORE of its wish. What is
 * bound may be read-only in the end, and is opened by its source for that,
 */
void dress_remember(struct dress_before *before, const struct attach *wish);

/* and forgets them; FAILED: sets again what has been changed. errno stays. */
void dress_end(struct dress_before *before, bool failed);

#endif
