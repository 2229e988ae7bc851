/* SPDX-License-Identifier: MIT */
#include "cli/record.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file takes more at once; larger writes gain nothing. */
enum { FILE_WRITE = 1 << 16 };

void
record_open(struct record *record, int fd, size_t limit)
{
	struct stat status;

	*record = (struct record){ .fd = fd, .limit = limit };
	record->is_file = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

struct buffer *
record_begin(struct record *record)
{
	record->begun = record->queue.length;
	return &record->queue;
}

void
record_end(struct record *record)
{
	uint32_t length = (uint32_t)(record->queue.length - record->begun);

	if (!length)
		return; /* an empty format: nothing to write */
	buffer_add(&record->ends, &length, sizeof(length));
}

size_t
record_size(const struct record *record)
{
	return record->queue.length - record->sent;
}

size_t
record_count(const struct record *record)
{
	return record->ends.length / sizeof(uint32_t) - record->first;
}

bool
record_is_full(const struct record *record)
{
	return record_size(record) >= record->limit;
}

/* Forgets what is written, before it makes up most of the queue. */
static void
compact(struct record *record)
{
	size_t ends = record->first * sizeof(uint32_t);

	if (record->sent * 2 < record->queue.length)
		return;
	record->queue.length -= record->sent;
	memmove(record->queue.data, record->queue.data + record->sent, record->queue.length);
	record->ends.length -= ends;
	memmove(record->ends.data, record->ends.data + ends, record->ends.length);
	record->sent = record->first = 0;
}

static uint32_t
length_of(const struct record *record, size_t which)
{
	uint32_t length;

	memcpy(&length, record->ends.data + which * sizeof(length), sizeof(length));
	return length;
}

/*
 * As many whole records as fit MOST bytes, or (the rest of) one: a file takes that at once, but a pipe would
 * have us wait for the reader with more than it surely has room for.
 */
static size_t
next_write(const struct record *record, size_t most)
{
	size_t count = record->ends.length / sizeof(uint32_t), which = record->first;
	size_t size = length_of(record, which) - record->part;

	while (++which < count && size + length_of(record, which) <= most)
		size += length_of(record, which);
	return record->is_file || size < most ? size : most;
}

/* SIZE bytes have left: steps over the records that are complete. */
static void
step(struct record *record, size_t size)
{
	record->sent += size;
	size += record->part;
	while (size && size >= length_of(record, record->first))
		size -= length_of(record, record->first++);
	record->part = size;
}

/* Whether the descriptor takes PIPE_BUF bytes without waiting; its errors show at write. */
static bool
has_room(const struct record *record, bool wait)
{
	struct pollfd fd = { .fd = record->fd, .events = POLLOUT };
	int ready;

	if (record->is_file)
		return true;
	do
		ready = poll(&fd, 1, wait ? -1 : 0);
	while (ready < 0 && errno == EINTR);
	return ready;
}

/*
 * write(2) that a signal which ends the process does not cut off in the middle of a record, as the kernel
 * does with a file between two pages.
 */
static ssize_t
write_whole(int fd, const void *bytes, size_t size)
{
	sigset_t all, before;
	ssize_t written;
	int error;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &before);
	written = write(fd, bytes, size);
	error = errno;
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return written;
}

/* One write: 1 something has left, 0 it would have to wait, -1 errno. */
static int
write_some(struct record *record, bool wait)
{
	size_t most = record->is_file ? FILE_WRITE : PIPE_BUF;
	ssize_t (*put)(int, const void *, size_t) = record->is_file ? write_whole : write;

	for (;;) {
		ssize_t size;

		if (!has_room(record, wait))
			return 0;
		size = put(record->fd, record->queue.data + record->sent, next_write(record, most));
		if (size >= 0) {
			step(record, (size_t)size);
			return 1;
		}
		if (errno != EINTR && errno != EAGAIN)
			return -1;
		if (errno == EAGAIN && !has_room(record, wait))
			return 0;
	}
}

int
record_flush(struct record *record, bool wait)
{
	while (record_size(record)) {
		int result = write_some(record, wait);

		if (result <= 0) {
			compact(record);
			return result;
		}
	}
	record_forget(record);
	return 1;
}

void
record_forget(struct record *record)
{
	record->queue.length = record->ends.length = 0;
	record->sent = record->first = record->part = 0;
}

void
record_done(struct record *record)
{
	buffer_done(&record->queue);
	buffer_done(&record->ends);
	*record = (struct record){ .fd = -1 };
}
