/* SPDX-License-Identifier: MIT */
/* Mounts taken away: which of them are meant, in which order, and each by itself. */
#ifndef BUTTER_UNMOUNT_H
#define BUTTER_UNMOUNT_H

#include <stdbool.h>
#include <stddef.h>

#include "mounts/table.h"

/*
 * PATH as mountinfo has it: absolute, with symlinks followed, but for the last part. What that is
 * is not touched, so that no server has to answer, and no mark of MOUNT_EXPIRE is lost, if that is
 * no dot or two. To be freed; NULL with errno of realpath(3).
 */
char *unmount_resolve(const char *path);

/* The same of what the symlink PATH leads to. NULL with errno: EINVAL (it is none). */
char *unmount_follow(const char *path);

/*
 * The last mount of the source NAME: as TABLE has it, or the block device of that path, LABEL= or
 * the like. NULL: there is none.
 */
const struct mountinfo *unmount_find_source(const struct table *table, const char *name);

/*
 * Whether MOUNT cannot be reached by its path, because another one is on top of it, or of a folder
 * that it is in.
 */
bool unmount_is_covered(const struct table *table, const struct mountinfo *mount);

enum unmount_scope {
	UNMOUNT_ONE,    /* MOUNT alone */
	UNMOUNT_BELOW,  /* also what is on it, and what it covers at the same path */
	UNMOUNT_STACK,  /* only what it covers at the same path; the rest goes with MOUNT_LAZY */
	UNMOUNT_SOURCE, /* all of the same file system, MOUNT among them */
	UNMOUNT_SOURCE_BELOW, /* all of these, and what is on them */
	UNMOUNT_ALL,          /* all that there are */
};

/*
 * The mounts of TABLE that SCOPE means, in the order in which they are to be taken away: *COUNT
 * indices, to be freed. MOUNT may be NULL for UNMOUNT_ALL.
 */
size_t *unmount_plan(const struct table *table, const struct mountinfo *mount,
		     enum unmount_scope scope, size_t *count);

/*
 * Takes away the mount at PATH, absolute, in which no symlink is followed; only if it is the one
 * with ID, if that is not 0; HOW as mount_remove. -1 with its errno; ESTALE: another one is there.
 */
int unmount_at(const char *path, int id, unsigned how);

/*
 * Makes the file system that is mounted at PATH read-only, with the same care. -1 with errno of
 * filesystem_reconfigure.
 */
int unmount_make_read_only(const char *path, int id);

#endif
