/* SPDX-License-Identifier: MIT */
#include "event/late.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "memory.h"

#define BOTH (FAN_CREATE | FAN_DELETE)

struct late_record {
	uint64_t entry;       /* hash: of the folder that it was in, and its name there */
	uint64_t dir, object; /* hashes of the handles */
	size_t size;
	char *bytes;
};

static uint64_t
entry_hash(const struct fanotify_record *record)
{
	return hash_text(handle_hash(&record->dir), record->name);
}

void
late_put_off(struct late *late, struct fanotify_record *record, const char *bytes, size_t size)
{
	struct late_record *put;

	if (!(record->mask & FAN_ONDIR) || (record->mask & BOTH) != BOTH || !record->object.length)
		return;
	record->mask &= ~(uint64_t)FAN_DELETE;
	if (late->count == late->room) {
		late->room = late->room ? late->room * 2 : 16;
		late->records = memory_resize(late->records, late->room, sizeof(*late->records));
	}
	put = &late->records[late->count++];
	put->entry = entry_hash(record);
	put->dir = handle_hash(&record->dir);
	put->object = handle_hash(&record->object);
	put->size = size;
	put->bytes = memory_get(size);
	memcpy(put->bytes, bytes, size);
}

/* The index of one that NEXT can only come after: it takes the name, or deletes the folder that it was in. */
static size_t
find_due(const struct late *late, const struct fanotify_record *next)
{
	bool takes = next->mask & (FAN_CREATE | FAN_RENAME);
	bool deletes = (next->mask & (BOTH | FAN_ONDIR)) == (FAN_DELETE | FAN_ONDIR);
	uint64_t entry = takes && late->count ? entry_hash(next) : 0;
	uint64_t object = deletes && late->count ? handle_hash(&next->object) : 0;
	size_t i = 0;

	if (!takes && !deletes)
		return late->count;
	while (i < late->count && !(takes && late->records[i].entry == entry)
	       && !(deletes && late->records[i].dir == object))
		i++;
	return i;
}

bool
late_take(struct late *late, const struct fanotify_record *next, char bytes[FANOTIFY_RECORD_MAX],
	  struct fanotify_record *record)
{
	size_t index;

	if (!late->count)
		return false;
	if (!next || next->mask & FAN_Q_OVERFLOW)
		index = late->count - 1;
	else if ((index = find_due(late, next)) == late->count) {
		if (late->count < LATE_MOST)
			return false;
		index = 0;
	}
	/* What was made in it was made after it. */
	for (size_t i = late->count; --i > index;)
		if (late->records[i].dir == late->records[index].object) {
			index = i;
			i = late->count;
		}
	memcpy(bytes, late->records[index].bytes, late->records[index].size);
	fanotify_decode(bytes, late->records[index].size, record);
	record->mask = FAN_DELETE | FAN_ONDIR;
	free(late->records[index].bytes);
	late->count--;
	memmove(&late->records[index], &late->records[index + 1],
		(late->count - index) * sizeof(*late->records));
	if (!late->count)
		late_forget(late);
	return true;
}

void
late_forget(struct late *late)
{
	for (size_t i = 0; i < late->count; i++)
		free(late->records[i].bytes);
	free(late->records);
	*late = (struct late){ 0 };
}
