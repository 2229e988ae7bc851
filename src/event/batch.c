/* SPDX-License-Identifier: MIT */
#include "event/batch.h"

#include <stdlib.h>

#include "event/print.h"
#include "hash.h"
#include "memory.h"

char *
batch_path(const struct batch *batch, size_t path)
{
	return batch->names.data + batch->paths[path].text;
}

/* The slot of the path TEXT, or the free one where it belongs. */
static size_t *
find_slot(struct batch *batch, const char *text, size_t length)
{
	size_t at = (size_t)hash_bytes(HASH_SEED, text, length);

	for (;; at++) {
		size_t *slot = &batch->slots[at & (batch->slot_count - 1)];

		if (!*slot
		    || (batch->paths[*slot - 1].length == length
			&& !memcmp(batch_path(batch, *slot - 1), text, length)))
			return slot;
	}
}

/* Half of the slots at least are free. */
static void
make_slots(struct batch *batch)
{
	if (batch->path_count * 2 < batch->slot_count)
		return;
	free(batch->slots);
	batch->slot_count = batch->slot_count ? batch->slot_count * 2 : 64;
	batch->slots = memory_get(batch->slot_count * sizeof(*batch->slots));
	for (size_t i = 0; i < batch->path_count; i++)
		*find_slot(batch, batch_path(batch, i), batch->paths[i].length) = i + 1;
}

/* The number of the path whose NUL-ended text was just put at the end of names. */
static size_t
place_path(struct batch *batch, const struct batch_path *path)
{
	size_t *slot = NULL;

	if (batch->unique) {
		make_slots(batch);
		slot = find_slot(batch, batch->names.data + path->text, path->length);
		if (*slot) {
			batch->names.length = path->text;
			batch->paths[*slot - 1].last = batch->event_count;
			return *slot - 1;
		}
		*slot = batch->path_count + 1;
	}
	if (batch->path_count == batch->path_room) {
		batch->path_room = batch->path_room ? batch->path_room * 2 : 16;
		batch->paths = memory_resize(batch->paths, batch->path_room, sizeof(*batch->paths));
	}
	batch->paths[batch->path_count] = *path;
	return batch->path_count++;
}

/*
 * The event whose line was just put at LINE, the end of lines; its path is at the end of names.
 */
static void
place_event(struct batch *batch, struct batch_path *path, size_t line)
{
	path->first = path->last = batch->event_count;
	if (batch->event_count == batch->event_room) {
		batch->event_room = batch->event_room ? batch->event_room * 2 : 16;
		batch->events =
			memory_resize(batch->events, batch->event_room, sizeof(*batch->events));
	}
	batch->events[batch->event_count] =
		(struct batch_event){ .path = place_path(batch, path), .line = line };
	batch->event_count++;
}

void
batch_add(struct batch *batch, const struct event *event)
{
	static const struct print print = { .style = PRINT_JSON };
	struct batch_path path = { .text = batch->names.length, .word = print_word(event) };
	size_t line = batch->lines.length;

	if (!event->gone) {
		path.dir_length = event->dir_length;
		path.length = event->dir_length + event->name_length;
		buffer_add(&batch->names, event->dir, event->dir_length);
		buffer_add(&batch->names, event->name, event->name_length);
	}
	buffer_byte(&batch->names, '\0');
	print_event(&batch->lines, &print, event);
	place_event(batch, &path, line);
}

/* The bytes of the line of the event number EVENT. */
static size_t
line_length(const struct batch *batch, size_t event)
{
	size_t end = event + 1 < batch->event_count ? batch->events[event + 1].line
						    : batch->lines.length;

	return end - batch->events[event].line;
}

static void
add_line(struct buffer *lines, const struct batch *from, size_t event)
{
	buffer_add(lines, from->lines.data + from->events[event].line, line_length(from, event));
}

void
batch_join(struct batch *batch, const struct batch *from, size_t first)
{
	for (size_t i = 0; i < from->event_count; i++) {
		size_t line = batch->lines.length;
		struct batch_path path;

		if (from->events[i].path < first)
			continue;
		path = from->paths[from->events[i].path];
		path.text = batch->names.length;
		buffer_add(&batch->names, batch_path(from, from->events[i].path), path.length + 1);
		add_line(&batch->lines, from, i);
		place_event(batch, &path, line);
	}
}

size_t
batch_lines(const struct batch *batch, size_t first, size_t end, struct buffer *lines)
{
	size_t last = 0, count = 0;

	for (size_t i = first; i < end; i++)
		if (batch->paths[i].last > last)
			last = batch->paths[i].last;
	for (size_t i = batch->paths[first].first; i <= last; i++) {
		size_t path = batch->events[i].path;

		if (path < first || path >= end)
			continue;
		add_line(lines, batch, i);
		count++;
	}
	return count;
}

size_t
batch_size(const struct batch *batch)
{
	return batch->names.length + batch->lines.length
	       + batch->path_count * (sizeof(*batch->paths) + 2 * sizeof(*batch->slots))
	       + batch->event_count * sizeof(*batch->events);
}

void
batch_done(struct batch *batch)
{
	buffer_done(&batch->names);
	buffer_done(&batch->lines);
	free(batch->paths);
	free(batch->events);
	free(batch->slots);
	*batch = (struct batch){ .unique = batch->unique };
}
