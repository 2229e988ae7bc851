/* SPDX-License-Identifier: MIT */
/*
 * Deletions of folders that fanotify has merged with their creation: one record says both, and what was
 * done in the folder between them comes behind it. The deletion is told when the rest of the queue
 * is, or before what could only happen after it.
 */
#ifndef BUTTER_LATE_H
#define BUTTER_LATE_H

#include "kernel/fanotify.h"

enum { LATE_MOST = 64 };

/* The newest is last: a folder's own come after those of the one that it was in. */
struct late {
	size_t count;
	struct late_record {
		size_t size;
		char bytes[FANOTIFY_RECORD_MAX];
	} records[LATE_MOST];
};

/*
 * RECORD, the SIZE bytes at BYTES, creates and deletes a folder: its deletion is put off, and
 * RECORD only creates it. Otherwise nothing is done.
 */
void late_put_off(struct late *late, struct fanotify_record *record, const char *bytes,
		  size_t size);

/* Whether some deletion must be told before NEXT (NULL: the queue is empty, or the events are lost). */
bool late_is_due(const struct late *late, const struct fanotify_record *next);

/* Takes the newest one: its bytes go to BYTES, and *RECORD is a deletion and nothing else. */
void late_take(struct late *late, char bytes[FANOTIFY_RECORD_MAX], struct fanotify_record *record);

#endif
