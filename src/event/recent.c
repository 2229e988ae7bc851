/* SPDX-License-Identifier: MIT */
#include "event/recent.h"

#include <string.h>

/* The index of OBJECT; RECENT_MOST: it is not there. */
static size_t
find(const struct recent *recent, const struct handle *object, uint64_t hash)
{
	size_t i = 0;

	while (i < RECENT_MOST
	       && !(recent->hashes[i] == hash && handle_equal(&recent->files[i].object, object)))
		i++;
	return i;
}

bool
recent_is_numbered(const char *name, size_t length)
{
	size_t digits = 1;

	while (digits < length && name[digits] >= '0' && name[digits] <= '9')
		digits++;
	return length > 1 && name[0] == '#' && digits == length;
}

void
recent_see(struct recent *recent, const struct fanotify_record *record)
{
	struct recent_file *file;
	uint64_t hash;
	size_t index;

	if (!record->object.length || record->object.length > HANDLE_MAX)
		return;
	hash = handle_hash(&record->object);
	index = find(recent, &record->object, hash);
	if (index < RECENT_MOST && !(record->mask & RECENT_NAMING)
	    && recent_is_numbered(record->name, record->length))
		return;
	if (index == RECENT_MOST) {
		index = recent->next;
		recent->next = (recent->next + 1) % RECENT_MOST;
	}
	file = &recent->files[index];
	if (recent->hashes[index] != hash || !handle_equal(&file->object, &record->object)) {
		recent->hashes[index] = hash;
		memcpy(file->bytes, record->object.bytes, record->object.length);
		file->object = record->object;
		file->object.bytes = file->bytes;
		file->named = false;
	}
	file->named |= (record->mask & RECENT_NAMING) != 0;
	place_entry_set(&file->in, &record->dir, record->name, record->length);
}

bool
recent_is_named(const struct recent *recent, const struct handle *object)
{
	size_t index = find(recent, object, handle_hash(object));

	return index < RECENT_MOST && recent->files[index].named;
}

const struct place_entry *
recent_find(const struct recent *recent, const struct handle *object)
{
	size_t index = find(recent, object, handle_hash(object));

	return index < RECENT_MOST ? &recent->files[index].in : NULL;
}
