/* SPDX-License-Identifier: MIT */
/*
 * Records on their way out: a queue in memory before a descriptor.
 *
 * A record is built in the queue and written later, so that a slow reader does
 * not keep a watcher from the kernel's queue. Whole records leave together, up
 * to PIPE_BUF bytes a write (pipe(7): such writes are atomic, and do not wait
 * where there is room), so that several writers can share one pipe; a longer one
 * leaves in pieces. EINTR and EAGAIN of the output are met here and
 * nowhere else; the descriptor's flags are never changed, others share them.
 */
#ifndef BUTTER_RECORD_H
#define BUTTER_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/buffer.h"

struct record {
	int fd;
	bool is_file;        /* a regular file never makes its writer wait for a reader */
	struct buffer queue; /* the bytes of all records not yet written */
	size_t begun;        /* where in it the record that is being built starts */
	size_t sent;         /* bytes of the queue that are already written */
	struct buffer ends;  /* uint32_t each: length of a queued record */
	size_t first;        /* the first of them not yet written whole */
	size_t part;         /* bytes of that one that are written */
	size_t limit;        /* the queue is full from here on */
};

/* Records go to FD, which stays the caller's; at most LIMIT bytes wait in memory. */
void record_open(struct record *record, int fd, size_t limit);

/* Where the next record is built. */
struct buffer *record_begin(struct record *record);

/* The record that was begun is complete. */
void record_end(struct record *record);

/* Bytes that wait to be written. */
size_t record_size(const struct record *record);

/* How many records wait to be written, whole or in part. */
size_t record_count(const struct record *record);

/* Whether so much waits that the writer must wait for the reader. */
bool record_is_full(const struct record *record);

/*
 * Writes what can be written without waiting: 1 all, 0 some is left, -1 errno
 * of write(2). With WAIT it waits until all is written.
 */
int record_flush(struct record *record, bool wait);

/* What waits to be written is lost. */
void record_forget(struct record *record);

/* Frees the queue; what was not flushed is lost. */
void record_done(struct record *record);

#endif
