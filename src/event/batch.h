/* SPDX-License-Identifier: MIT */
/*
 * Events that wait for a command: their paths in the order of the first event of each, and their
 * JSON lines.
 */
#ifndef BUTTER_BATCH_H
#define BUTTER_BATCH_H

#include "cli/buffer.h"
#include "event/event.h"

struct batch_path {
	size_t text; /* where in names it begins; a NUL ends it */
	size_t dir_length, length;
	const char *word;   /* what its first event was, as JSON says it */
	size_t first, last; /* its events are among these */
};

struct batch_event {
	size_t path;
	size_t line; /* where in lines its own begins */
};

/* Zeroed, it is empty. */
struct batch {
	bool unique; /* a path that comes again is the same; otherwise each event has its own */
	struct buffer names, lines;
	struct batch_path *paths;
	struct batch_event *events;
	size_t path_count, path_room, event_count, event_room;
	size_t *slots; /* hash table: index of a path + 1 */
	size_t slot_count;
};

void batch_add(struct batch *batch, const struct event *event);

/* Appends the events of FROM whose path is number FIRST or a later one. */
void batch_join(struct batch *batch, const struct batch *from, size_t first);

/* The path number PATH, a C string; empty when the event had none. */
char *batch_path(const struct batch *batch, size_t path);

/*
 * Appends to LINES those of the paths number FIRST to END - 1, in the order of the events; how
 * many.
 */
size_t batch_lines(const struct batch *batch, size_t first, size_t end, struct buffer *lines);

/* The bytes that it takes, roughly. */
size_t batch_size(const struct batch *batch);

/* Frees everything; it is empty again, and as unique as it was. */
void batch_done(struct batch *batch);

#endif
