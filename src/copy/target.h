/* SPDX-License-Identifier: MIT */
/*
 * The file that a copy becomes: made under another name in the same folder, and given its own when it
 * is whole. Whoever opens that name finds what was there before or all of the copy, never a part,
 * whenever this process or the machine stops.
 *
 * Devices and FIFOs are written as they are, and so is any file in place, where that is asked for.
 */
#ifndef BUTTER_TARGET_H
#define BUTTER_TARGET_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

/* Why a file can only be written in place. */
enum target_bar {
	TARGET_FREE,
	TARGET_HAS_LINKS,   /* it has other names, which would keep the old content */
	TARGET_IS_MOUNTED,  /* something is mounted on the name */
	TARGET_IS_SHUT,     /* nothing can be made in the folder */
	TARGET_IS_ANOTHERS, /* to whom a new file cannot be given */
};

struct target {
	int folder;         /* descriptor */
	const char *name;   /* in it */
	int fd;             /* to be written; -1: none is open */
	bool exists;        /* something has the name, */
	struct stat status; /* and is this */
	enum target_bar bar;
	char temporary[NAME_MAX + 1]; /* the name until it is whole; "": it is written in place */
};

/*
 * Opens what is to have NAME in FOLDER, with MODE if it is new; IN_PLACE: what has that name. Both live
 * as long as TARGET. -1 with errno of open(2); EEXIST and bar: it can only be done in place.
 */
int target_open(struct target *target, int folder, const char *name, mode_t mode, bool in_place);

/*
 * It is whole: gives it its name, and with SYNC waits until it is on the disk. -1 with errno of
 * close(2), which tells of what could not be written, fsync(2), rename(2); then it is removed.
 */
int target_finish(struct target *target, bool sync);

/* It is not to be: removes it, unless it is written in place. */
void target_abandon(struct target *target);

/* Removes all that are open; async-signal-safe. */
void target_abandon_all(void);

#endif
