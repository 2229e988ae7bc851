/* SPDX-License-Identifier: MIT */
/*
 * Waiting until paths exist, or are gone: whatever has to be made, moved, linked, removed or
 * mounted for that, and in whatever order.
 *
 * A path is walked component by component as path_resolution(7) tells, through symbolic
 * links and `..`, and each folder on the way is watched before the next name is looked up
 * in it. When a name on the way appears, vanishes or becomes another, all is walked again.
 * Mounts make no event of inotify; /proc/self/mountinfo tells of them. Nothing is looked at
 * by time, and no descriptor stays open in what may have to be unmounted.
 */
#ifndef BUTTER_UNTIL_H
#define BUTTER_UNTIL_H

#include "event/source.h"

enum until_what {
	UNTIL_EXISTS = 1,
	UNTIL_GONE = 2,
	UNTIL_LED, /* never holds: the way is watched, not what it leads to, whose own watch tells */
};

extern const struct name until_names[];

struct until {
	struct source source;
	int start;        /* the working folder; -1: it may not be searched */
	int mounts;       /* /proc/self/mountinfo; -1: it is not there, and mounts go unnoticed */
	bool follow;      /* a path that ends in a symlink means what that points to */
	bool any;         /* one condition is enough; as long as there is none, none holds */
	int64_t deadline; /* CLOCK_MONOTONIC; NUM_FOREVER: none */
	struct buffer paths;   /* struct condition each */
	struct buffer watches; /* struct watched each: what the kernel watches */
	struct buffer edges;   /* struct edge each: names that the walks came by, */
	struct buffer names;   /* and their text */
	struct buffer place;   /* the folder, or the entry, that the walk is at */
	bool searching;        /* what failed: looking up, not watching, */
	size_t failed;         /* and for which condition, */
	size_t left;           /* of which so many components were still to be looked up */
	int blind;             /* why the way of the failed one could not be watched, errno; or 0 */
	unsigned pass;         /* number of the look */
	bool fresh;            /* the last look has set watches, and has to be confirmed */
};

/*
 * Opens it; the time TIMEOUT (nanoseconds; NUM_FOREVER: none) begins now. With FOLLOW, symlinks
 * that point nowhere do not exist. -1 with errno of inotify_open or open(2).
 */
int until_open(struct until *until, bool follow, int64_t timeout);

/* One more condition: PATH, which lives as long as UNTIL, is to be WHAT. All have to hold. */
void until_add(struct until *until, const char *path, enum until_what what);

/*
 * Looks, and sets the watches. 1 when all conditions hold, at one look (or one does, if any is
 * enough): then it is not sure that changes are noticed.
 * 0 when until_wait or until_step will not miss that from now on. -1 with errno, and place,
 * searching and failed say where: of inotify_watch or openat(2), such as EACCES, ENAMETOOLONG, EMFILE;
 * ENOENT where the working folder itself has been removed, EOPNOTSUPP where nothing
 * would tell (inotify_is_deaf).
 */
int until_look(struct until *until);

/* All conditions are taken back. */
void until_clear(struct until *until);

/*
 * Whether the conditions have to be looked at again, because something on the ways has changed
 * since they were: 1, 0, -1 with errno of read(2). Waits for nothing: that is the caller's part,
 * with POLLIN of the source's descriptor and POLLPRI of mounts. MOUNTED: the latter has come,
 * which poll(2) tells but once.
 */
int until_step(struct until *until, bool mounted);

/* Waits until all hold: 1; 0 when the time is up; -1 as until_look, or with errno of ppoll(2). */
int until_wait(struct until *until);

/* How many watches it has. */
size_t until_watches(const struct until *until);

/* How many it needs, at most, if the last look has failed for want of them. */
size_t until_needs(const struct until *until);

void until_close(struct until *until);

#endif
