/* SPDX-License-Identifier: MIT */
/*
 * Deletions of folders that fanotify has merged with their creation: one record says both, and what was
 * done in the folder between them comes behind it. The deletion is told when the rest of the queue
 * is, or before what could only happen after it.
 */
#ifndef BUTTER_LATE_H
#define BUTTER_LATE_H

#include "kernel/fanotify.h"

/* As many as the kernel's queue holds, unless it is made unlimited. */
enum { LATE_MOST = 16384 };

/* In the queue's order. A zeroed struct has none. */
struct late {
	size_t count, room;
	struct late_record *records;
};

/*
 * RECORD, the SIZE bytes at BYTES, creates and deletes a folder: its deletion is put off, and
 * RECORD only creates it. Otherwise nothing is done.
 */
void late_put_off(struct late *late, struct fanotify_record *record, const char *bytes,
		  size_t size);

/*
 * Takes a deletion that must be told before NEXT (NULL: the queue is empty), those in a folder before
 * that of the folder: its bytes go to BYTES, and *RECORD is a deletion and nothing else. False: there
 * is none.
 */
bool late_take(struct late *late, const struct fanotify_record *next,
	       char bytes[FANOTIFY_RECORD_MAX], struct fanotify_record *record);

/* All are lost; frees the memory. */
void late_forget(struct late *late);

#endif
