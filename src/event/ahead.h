/* SPDX-License-Identifier: MIT */
/*
 * What is ahead in fanotify's queue: where folders were before they were renamed or deleted by
 * records that have been read, but not told.
 */
#ifndef BUTTER_AHEAD_H
#define BUTTER_AHEAD_H

#include "event/places.h"
#include "event/source.h"

struct ahead {
	struct buffer records; /* struct ahead_record each, in the queue's order */
	size_t first;          /* those before have been told */
	uint64_t looked;       /* how many bytes of the queue were looked through */
};

/*
 * Reads all that there is of SOURCE, whose records are told up to POSITION, and fills ENTRY with
 * where the folder HANDLE was before the first rename of it, or, if that is GONE, before its
 * deletion. False: there is no such record. -- The source's buffer may move.
 */
bool ahead_find(struct ahead *ahead, struct source *source, uint64_t position,
		const struct handle *handle, bool gone, struct place_entry *entry);

/*
 * The folder and the name of the file OBJECT in the records of SOURCE that come next: what is told
 * of an object alone is followed by what is told of its name. False: they do not have it.
 */
bool ahead_next(struct source *source, const struct handle *object, struct place_entry *entry);

/* All that was ahead is lost. */
void ahead_forget(struct ahead *ahead);

#endif
