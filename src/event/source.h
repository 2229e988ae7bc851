/* SPDX-License-Identifier: MIT */
/*
 * The event-like contract: one way to read events from any descriptor.
 *
 * A kind of source (files.h, ticks.h) sets the function that decodes the next
 * record of the buffer; all else is the same for every kind. EINTR and EAGAIN of
 * events are met here and nowhere else.
 */
#ifndef BUTTER_SOURCE_H
#define BUTTER_SOURCE_H

#include <poll.h>
#include <time.h>

#include "event/event.h"

enum { SOURCE_BESIDES = 3, SOURCE_SLEEPERS = 8 };

struct source {
	int fd;           /* it may be closed (-1), but is never another */
	bool nonblocking; /* the descriptor is, so reading may come before polling */
	char *buffer;
	size_t room, length, offset; /* bytes: of the buffer, read, decoded */
	size_t largest;              /* of one record */
	size_t at_once;              /* most that one read takes; 0: what there is room for */
	bool emptied;                /* the last read left room for a record: there were no more */
	int64_t read_at;             /* realtime of the last read */
	uint64_t total;              /* bytes read since it was opened */
	int64_t rest; /* how long records may be left to gather while they pour in, nanoseconds */
	bool hurry;   /* but not now: the next ones depend on how soon these are read */

	/*
	 * What may bring an event besides the descriptor. Who sleeps on that polls these too, and
	 * adds to revents what it has seen; decode takes it from there. SOURCE_BESIDES at most.
	 */
	struct pollfd *besides;
	size_t besides_count;
	bool edge; /* in a merge (merge.h) they count when something new has come, not while it is there */

	/*
	 * Takes the next event out of the buffer: 1, 0 when the buffer holds no more
	 * (records that are no event have been skipped), -1 errno.
	 */
	int (*decode)(struct source *source, struct event *event);

	/*
	 * In the place of read(2), where the descriptor has no records that way or reading them could
	 * wait: 1, 0 there is nothing, -1 errno; NULL: read(2). It sets length and read_at. A descriptor
	 * that only becomes ready is told of by decode after that.
	 */
	int (*fill)(struct source *source);

	/* In the place of ppoll(2), as source_sleep; NULL: that. */
	int (*sleep)(struct source *source, struct pollfd *fds, size_t count,
		     const struct timespec *timeout);

	/* In the place of FIONREAD, in what total is counted in there; NULL: that. */
	size_t (*waiting)(const struct source *source);

	/* What is in the buffer from FROM on has just been read; NULL: nothing is to be done about that. */
	void (*arrived)(struct source *source, size_t from);
};

/* A source on FD whose buffer has ROOM bytes, and whose records LARGEST at most. */
void source_open(struct source *source, int fd, size_t room, size_t largest);

/*
 * The next event: 1 and *EVENT (its strings live until the next call); 0 when
 * TIMEOUT nanoseconds have passed (0: only what is there; NUM_FOREVER: no limit);
 * -1 with errno of read(2), poll(2) or the decoder.
 */
int source_next(struct source *source, struct event *event, int64_t timeout);

/*
 * Sleeps as ppoll(2) on FDS, SOURCE_SLEEPERS at most, of which those that are -1 do not count, and on what
 * SOURCE (NULL: none) has besides its descriptor, which its decode hears of.
 */
int source_sleep(struct source *source, struct pollfd *fds, size_t count,
		 const struct timespec *timeout);

/*
 * Hands every event that is there now to EACH, until that returns false. 1, or -1 with
 * errno as source_next.
 */
int source_drain(struct source *source, bool (*each)(const struct event *event, void *context),
		 void *context);

/*
 * Reads on behind what is in the buffer, so that what is ahead can be looked at: 1 there is more, 0
 * there is none, or the buffer has MOST bytes, -1 errno of read(2). The buffer may move.
 */
int source_more(struct source *source, size_t most);

/*
 * Bytes of records that are there now and have not been handed out, or more: in the buffer and
 * in the kernel (FIONREAD; ioctl(2)). What comes later comes after them.
 */
size_t source_waiting(const struct source *source);

/* How many bytes of records have been handed out, of all that came. */
static inline uint64_t
source_position(const struct source *source)
{
	return source->total - source->length + source->offset;
}

/* Closes the descriptor and frees the buffer. */
void source_close(struct source *source);

#endif
