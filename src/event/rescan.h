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
	int64_t complete; /* realtime at which all that had happened was told, nanoseconds */
	uint64_t *
		created; /* hashes of what was told to be created since then, or found; a hash table */
	size_t count, room;
	struct buffer found; /* struct rescan_found each, its path behind it */
	size_t next;         /* of it, to be told */
};

/* OBJECT's creation is in the queue: false if it was told already. */
bool rescan_create(struct rescan *rescan, const struct handle *object);

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
