/* SPDX-License-Identifier: MIT */
#include "event/ahead.h"

#include <string.h>

#include "kernel/fanotify.h"

/* How much may be read before it is told. */
enum { MOST = 16 << 20 };

/* How many records follow each other when one thing is done to a file. */
enum { NEXT = 4 };

struct ahead_record {
	uint64_t hash;     /* of the folder's handle */
	uint64_t position; /* in the queue */
};

/* Notes the renames and deletions of folders that were not looked at yet. */
static void
look(struct ahead *ahead, const struct source *source)
{
	uint64_t begin = source->total - source->length;
	struct fanotify_record record;
	size_t at, taken;

	at = ahead->looked > begin ? (size_t)(ahead->looked - begin) : 0;
	for (; (taken = fanotify_decode(source->buffer + at, source->length - at, &record));
	     at += taken) {
		struct ahead_record found = { .position = begin + at };

		if (!(record.mask & FAN_ONDIR) || !(record.mask & (FAN_RENAME | FAN_DELETE))
		    || !record.object.length)
			continue;
		found.hash = handle_hash(&record.object);
		buffer_add(&ahead->records, &found, sizeof(found));
	}
	ahead->looked = begin + at;
}

/* The records before POSITION are told. */
static void
drop(struct ahead *ahead, uint64_t position)
{
	const struct ahead_record *records = (const void *)ahead->records.data;
	size_t count = ahead->records.length / sizeof(*records);

	while (ahead->first < count && records[ahead->first].position < position)
		ahead->first++;
	if (ahead->first < count)
		return;
	ahead->first = ahead->records.length = 0;
}

/* Whether RECORD is what was looked for: then ENTRY is filled. */
static bool
is_it(const struct fanotify_record *record, const struct handle *handle, bool gone,
      struct place_entry *entry)
{
	bool renamed = record->mask & FAN_RENAME;
	const struct handle *dir = renamed ? &record->old_dir : &record->dir;
	size_t length = renamed ? record->old_length : record->length;

	if (!handle_equal(&record->object, handle) || !(renamed || gone) || !dir->length
	    || dir->length > HANDLE_MAX || !length || length > PLACES_NAME_MAX)
		return false;
	place_entry_set(entry, dir, renamed ? record->old_name : record->name, length);
	return true;
}

bool
ahead_find(struct ahead *ahead, struct source *source, uint64_t position,
	   const struct handle *handle, bool gone, struct place_entry *entry)
{
	uint64_t hash = handle_hash(handle);
	const struct ahead_record *records;
	struct fanotify_record record;

	while (source_more(source, MOST) > 0)
		;
	drop(ahead, position);
	look(ahead, source);
	records = (const void *)ahead->records.data;
	for (size_t i = ahead->first; i < ahead->records.length / sizeof(*records); i++) {
		size_t at = (size_t)(records[i].position - (source->total - source->length));

		if (records[i].hash == hash && records[i].position >= position
		    && fanotify_decode(source->buffer + at, source->length - at, &record)
		    && is_it(&record, handle, gone, entry))
			return true;
	}
	return false;
}

bool
ahead_next(struct source *source, const struct handle *object, struct place_entry *entry)
{
	struct fanotify_record record;
	size_t at = source->offset, taken;

	for (int i = 0; i < NEXT; i++, at += taken) {
		taken = fanotify_decode(source->buffer + at, source->length - at, &record);
		if (!taken && source_more(source, MOST) > 0)
			taken = fanotify_decode(source->buffer + at, source->length - at, &record);
		if (!taken)
			return false;
		if (!record.dir.length || record.dir.length > HANDLE_MAX
		    || record.length > PLACES_NAME_MAX || !handle_equal(&record.object, object))
			continue;
		place_entry_set(entry, &record.dir, record.name, record.length);
		return true;
	}
	return false;
}

void
ahead_forget(struct ahead *ahead)
{
	buffer_done(&ahead->records);
	ahead->first = 0;
}
