/* SPDX-License-Identifier: MIT */
/*
 * The types of file systems that are tried where nobody knows which one it is: /etc/filesystems,
 * /proc/filesystems.
 */
#ifndef BUTTER_TYPES_H
#define BUTTER_TYPES_H

#include <stdbool.h>
#include <stddef.h>

struct types {
	char **names; /* NULL at the end */
	size_t count;
};

/*
 * Adds the types that TEXT lists, one a line, but for those of no disk (`nodev`), for comments, and for
 * what has been added before. True: it ends in a `*`, and others are to be tried, too. mount(8),
 * filesystems(5).
 */
bool types_parse(const char *text, struct types *types);

/*
 * The types to try that the PATTERN allows, in their order: `ext4,xfs` are tried as they stand; `noxfs`, or
 * NULL, stand for those of the system that are left. There may be none.
 */
void types_list(const char *pattern, struct types *types);

/* Adds NAME, unless it is there. */
void types_add(struct types *types, const char *name);

void types_done(struct types *types);

/* Whether PATTERN stands for more than one type, or for others than the one it names. */
bool types_is_pattern(const char *pattern);

/* Whether the kernel knows TYPE as one that is on disks; also if it does not know it yet. */
bool types_is_on_disks(const char *type);

/* Whether TYPE is one that the kernel alone makes, of nothing: no disk and no program is to be looked for. */
bool types_is_of_kernel(const char *type);

#endif
