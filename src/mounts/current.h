/* SPDX-License-Identifier: MIT */
/* How something is mounted at present. */
#ifndef BUTTER_MOUNT_CURRENT_H
#define BUTTER_MOUNT_CURRENT_H

#include "mounts/words.h"

/*
 * Sets own and flags of CURRENT, all zero, as the mount whose root FD is has them: each in set, or in
 * none. Where /proc is missing, a superblock that is read-only makes the mount look so, too. -1 with
 * errno of statvfs(3).
 */
int current_read(int fd, struct words *current);

/* The same from the texts of mountinfo. */
void current_parse(const char *options, const char *super, struct words *current);

/* The type and the source of the file system that the mount FD is of, to be freed; NULL: nobody tells. */
void current_what(int fd, char **type, char **source);

/* CURRENT with the changes of WANTED. */
uint64_t current_merge(uint64_t current, const struct words_bits *wanted);

/* What a mount with the MOUNT_ATTR_... CURRENT, 0 if it is new, is to have by the WORDS. */
uint64_t current_wanted(uint64_t current, const struct words *words);

/*
 * Whether what is mounted in the mount that FD is in is mounted in others, too, at once. False also
 * where nobody tells: no /proc, and none of the newer calls.
 */
bool current_is_shared(int fd);

#endif
