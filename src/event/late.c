/* SPDX-License-Identifier: MIT */
#include "event/late.h"

#include <string.h>

#define BOTH (FAN_CREATE | FAN_DELETE)

void
late_put_off(struct late *late, struct fanotify_record *record, const char *bytes, size_t size)
{
	struct late_record *put;

	if (!(record->mask & FAN_ONDIR) || (record->mask & BOTH) != BOTH || !record->object.length
	    || late->count == LATE_MOST)
		return;
	record->mask &= ~(uint64_t)FAN_DELETE;
	put = &late->records[late->count++];
	put->size = size;
	memcpy(put->bytes, bytes, size);
}

/* Whether NEXT takes the name of the folder that RECORD deletes, or deletes the one that it was in. */
static bool
comes_after(const struct fanotify_record *next, const struct fanotify_record *record)
{
	if (next->mask & (FAN_CREATE | FAN_RENAME) && handle_equal(&next->dir, &record->dir)
	    && !strcmp(next->name, record->name))
		return true;
	return (next->mask & (BOTH | FAN_ONDIR)) == (FAN_DELETE | FAN_ONDIR)
	       && handle_equal(&next->object, &record->dir);
}

bool
late_is_due(const struct late *late, const struct fanotify_record *next)
{
	struct fanotify_record record;

	if (!next || late->count == LATE_MOST || next->mask & FAN_Q_OVERFLOW)
		return late->count;
	for (size_t i = 0; i < late->count; i++)
		if (fanotify_decode(late->records[i].bytes, late->records[i].size, &record)
		    && comes_after(next, &record))
			return true;
	return false;
}

void
late_take(struct late *late, char bytes[FANOTIFY_RECORD_MAX], struct fanotify_record *record)
{
	const struct late_record *taken = &late->records[--late->count];

	memcpy(bytes, taken->bytes, taken->size);
	fanotify_decode(bytes, taken->size, record);
	record->mask = FAN_DELETE | FAN_ONDIR;
	record->pidfd = FAN_NOPIDFD;
}
