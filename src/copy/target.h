/* SPDX-License-Identifier: MIT */
/*
 * The file that a copy becomes: made without a name, or under another one in the same folder, and given its
 * own when it is whole. Whoever opens that name finds what was there before or all of the copy, never a part,
 * whenever this process or the machine stops.
 *
 * Devices and FIFOs are written as they are, and so is any file in place, where that is asked for.
 */
#ifndef BUTTER_TARGET_H
#define BUTTER_TARGET_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "copy/place.h"

/* Why a file can only be written in place. */
enum target_bar {
	TARGET_FREE,
	TARGET_HAS_LINKS,        /* it has other names, which would keep the old content */
	TARGET_IS_MOUNTED,       /* something is mounted on the name */
	TARGET_IS_SHUT,          /* nothing can be made in the folder */
	TARGET_IS_ANOTHERS,      /* to whom a new file cannot be given */
	TARGET_IS_LINK,          /* of which /proc does not tell where it leads */
	TARGET_PART_IS_BUSY,     /* somebody else is just making the partial copy */
	TARGET_PART_IS_ANOTHERS, /* what has its name is no file of this user */
	TARGET_PART_IS_GONE,     /* its name, which may be another file's now */
	TARGET_IS_PART,          /* by its name, which may become that of another copy's part */
};

struct unfinished;

struct target {
	int folder;         /* descriptor */
	const char *name;   /* in it */
	int fd;             /* to be written; -1: none is open */
	bool exists;        /* something has the name, */
	struct stat status; /* and is this */
	enum target_bar bar;
	bool is_made;     /* FD is a new file, which gets the name when it is whole */
	bool is_part;     /* and stays, under another, if it does not become so; target_take */
	bool was_part;    /* until it was whole */
	bool tells_late;  /* of the place, */
	bool is_synced;   /* and so is this */
	bool is_nameless; /* it has turned out that it can get no name: it has to be made with one */

	/* Its own. */
	char temporary[NAME_MAX + 1]; /* the name until it is whole, or what bars it; "": none */
	char *path; /* where a symbolic link led to: FOLDER, which is open for it, and NAME; or NULL */
	struct unfinished *unfinished; /* what has to be removed if this process ends; or NULL */
};

/*
 * How: without a name, if that can be had; with one; with one that is found again, or only if there is
 * such a part; or what is there is written.
 */
enum target_way { TARGET_ANEW, TARGET_NAMED, TARGET_PART, TARGET_PART_THAT_IS, TARGET_IN_PLACE };

/*
 * Opens what is to be at PLACE, with MODE if it is new: where a symbolic link is there, what that leads
 * to. A file with other names is replaced, and never written, if UNLINKS. PLACE lives as long as TARGET. -1
 * with errno of open(2); EEXIST and bar: not so; then, too, it is to be abandoned.
 */
int target_open(struct target *target, const struct place *place, mode_t mode, enum target_way way,
		bool unlinks);

/*
 * A part is whole, and is none any more. Before it gets the owner and mode of the copy, with which it could
 * not be gone on with, it gets a name that nobody looks for, and is removed if it does not become the copy. A
 * process that is killed leaves that name: from here on nothing takes long, and what it has is on the disk
 * already, if that is asked for. -1 with errno of close(2), as below, and rename(2): it is a part yet;
 * EEXIST and bar: it has not got its name any more.
 */
int target_take(struct target *target);

/*
 * It is whole, and no part: gives it its name, and with SYNC waits until it is on the disk; but EEXIST if
 * there is something of that name and ONLY_NEW. -1 with errno of close(2), which tells of what could not be
 * written, fsync(2), rename(2); then it is removed. 1 with errno: it has its name, but that may not be on
 * the disk.
 */
int target_finish(struct target *target, bool sync, bool only_new);

/* It is not to be: removes it, unless it is written in place, or is a part, and KEEPS_PART. */
void target_abandon(struct target *target, bool keeps_part);

/*
 * Makes what is no file at PLACE by MAKE, a call with the name to be made (-1 with errno), and gives it
 * what it is to have besides by COMPLETE, before it has its name, or NULL. What is there is replaced,
 * unless it is a folder or ONLY_NEW.
 */
int target_make(const struct place *place, bool only_new,
		int (*make)(int folder, const char *name, void *context),
		int (*complete)(int folder, const char *name, void *context), void *context);

/* It can only be written in place: -1 with EEXIST, and bar is WHY. */
int target_bar(struct target *target, enum target_bar why);

#endif
