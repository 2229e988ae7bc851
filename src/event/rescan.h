/* SPDX-License-Identifier: MIT */
/*
 * What is found below the roots of marks.h after events were lost: everything that has changed since
 * the last time all had been told, by the times that the file system keeps.
 *
 * Nothing is remembered of the tree before, which may be of any size. So what is gone cannot be found, and
 * what was only renamed is told as changed.
 */
#ifndef BUTTER_RESCAN_H
#define BUTTER_RESCAN_H

#include <stdbool.h>

#include "cli/buffer.h"
#include "event/event.h"
#include "kernel/handle.h"

struct rescan {
	bool wanted;      /* by the user: it costs something for each creation */
	uint64_t events;  /* FAN_CREATE, FAN_MODIFY, FAN_ATTRIB: those that are told */
	int64_t began;    /* as the file system's clock says, nanoseconds since 1970 */
	int64_t complete; /* when all that had happened was told, by the wall clock */
	/*
	 * Hashes of the entries that were told to be created since then, or found, and of those shortly
	 * before, since the file system's times are not exact: hash tables.
	 */
	struct rescan_created {
		uint64_t *hashes;
		size_t count, room;
	} created, before;
	int64_t since;       /* when created was empty */
	struct buffer found; /* struct rescan_found each, its path behind it */
	size_t next;         /* of it, to be told */
};

/*
 * To be called before the first mark is set: what has been made earlier is not news. Of EVENTS
 * (FAN_CREATE ...) those are told that can be found.
 */
void rescan_begin(struct rescan *rescan, uint64_t events);

/* The queue tells that OBJECT was made as NAME in the folder DIR: false if that was told already. */
bool rescan_create(struct rescan *rescan, const struct handle *object, const struct handle *dir,
		   const char *name);

/* All that had happened by the time NOW is told, and nothing is lost. */
void rescan_complete(struct rescan *rescan, int64_t now);

/*
 * Looks through the folder PATH, or at the file, whose file system is FILE_SYSTEM; not below it unless
 * RECURSIVE. What cannot be read is left out.
 */
void rescan_look(struct rescan *rescan, const char *path, uint64_t file_system, bool recursive);

/* The next thing that was found, as an event of fanotify; false: there is no more. */
bool rescan_next(struct rescan *rescan, struct event *event);

void rescan_close(struct rescan *rescan);

#endif
