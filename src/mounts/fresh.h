/* SPDX-License-Identifier: MIT */
/* A new file system, by fsopen(2), and one that is mounted changed, by fspick(2). */
#ifndef BUTTER_FRESH_H
#define BUTTER_FRESH_H

#include "mounts/attach.h"

/* Whether mount(2) alone can carry what WISH says: a long value, `silent`. */
bool fresh_needs_call(const struct attach *wish);

/* Whether older kernels may not know how fresh_mount says it, but mount(2) can. */
bool fresh_is_new_to_some(const struct attach *wish);

/* A mount of it that is nowhere yet; READ_ONLY: whatever the words say. -1: TROUBLE. */
int fresh_mount(const struct attach *wish, bool read_only, struct trouble *trouble);

/* Changes the file system that the mount FD is of, as the words say. -1: TROUBLE. */
int fresh_change(const struct attach *wish, int fd, struct trouble *trouble);

#endif
