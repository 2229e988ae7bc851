/* SPDX-License-Identifier: MIT */
/*
 * What a mount gets before anybody can see it: other owners of its files, a part of it as its root, an
 * owner, a mode.
 */
#ifndef BUTTER_MOUNT_DRESS_H
#define BUTTER_MOUNT_DRESS_H

#include "mounts/attach.h"

/* Whether it needs the newer calls. */
bool dress_needs_newer(const struct words *words);

/*
 * Does to the mount FD, which is nowhere yet or has just been mounted, what the words say, and gives it
 * back, or another one in its place. -1: TROUBLE, and FD is closed.
 */
int dress(const struct words *words, int fd, struct trouble *trouble);

#endif
