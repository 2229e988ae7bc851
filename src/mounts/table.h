/* SPDX-License-Identifier: MIT */
/* All that is mounted here, at one moment. */
#ifndef BUTTER_MOUNT_TABLE_H
#define BUTTER_MOUNT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/mountinfo.h"

struct table_id {
	int id;
	size_t index;
};

struct table {
	struct mountinfo *
		mounts; /* in the order of the kernel: what is mounted on others comes later, as a rule */
	size_t count;
	char **texts;         /* what each points to */
	struct table_id *ids; /* in rising order */
};

/*
 * Reads it, by what the kernel tells itself where there is no /proc. -1 with errno of
 * mountinfo_each.
 */
int table_read(struct table *table);

/* Reads that of another process from FD, as mountinfo_each_of. -1 with its errno. */
int table_read_of(struct table *table, int fd);

/* The mount on top at TARGET, a path as the kernel has it; NULL: there is none. */
const struct mountinfo *table_find_target(const struct table *table, const char *target);

/* The mount ID; NULL: there is none. */
const struct mountinfo *table_find_id(const struct table *table, int id);

/* The mount that MOUNT is on; NULL: it is on none that is seen here. */
const struct mountinfo *table_parent(const struct table *table, const struct mountinfo *mount);

/* Whether MOUNT is, or is below, the one with ID, by what is mounted on what. */
bool table_is_below(const struct table *table, const struct mountinfo *mount, int id);

/* MOUNT is no more: nothing is found at its path, or by its source. Its parent and children stay. */
void table_forget(struct table *table, const struct mountinfo *mount);

void table_done(struct table *table);

/*
 * Whether TYPE is one that TYPES means: one of a list with commas, or, if that begins with `no`,
 * none of them. NULL means all.
 */
bool table_has_type(const char *types, const char *type);

/*
 * Whether OPTIONS, of fstab or a mount, are what the list WANTED asks for: each of that is one of
 * them, or, with `no` in front, is none; with a `+` in front, `no` has no meaning. NULL asks for
 * nothing.
 */
bool table_has_options(const char *wanted, const char *options);

#endif
