/* SPDX-License-Identifier: MIT */
/*
 * The one loop of all watching applets: events in, records out, until enough have
 * come, the time is up, or nothing is left to watch.
 *
 * The kernel's queue goes first: while events pour in they are read and kept as
 * records in memory, and the reader of the output gets what it takes without
 * making us wait. Before the loop sleeps, and before a command is run, everything that the reader
 * takes is out.
 */
#ifndef BUTTER_WATCH_H
#define BUTTER_WATCH_H

#include "cli/record.h"
#include "event/print.h"
#include "event/react.h"
#include "event/source.h"

/* What is to be done with an event: bits. */
enum watch_verdict {
	WATCH_SKIP = 0,  /* of no interest */
	WATCH_TELL = 1,  /* print it */
	WATCH_REACT = 2, /* the command is to hear of it */
	WATCH_COUNT = 4, /* it is what was waited for */
	WATCH_STOP = 8,  /* stop here */
	WATCH_FAIL = 16, /* stop here, and it is a failure */
	WATCH_SHOW = WATCH_TELL | WATCH_REACT | WATCH_COUNT,
	WATCH_LAST = WATCH_SHOW | WATCH_STOP,
};

/*
 * Something that must not wait for the events or for the reader of the output, such as a command that this
 * process is the parent of (process/supervise.h).
 */
struct watch_service {
	int fd;           /* serve is called when it is readable; -1: never for that */
	int64_t deadline; /* and from this time on, CLOCK_MONOTONIC; NUM_FOREVER: there is none */
	/* Does what is due, and sets deadline. Whether that is the end. */
	bool (*serve)(struct watch_service *service);
};

struct watch {
	struct source *source;
	const struct print *print;
	int fd;          /* where records go */
	uint64_t count;  /* stop after so many; 0: never */
	int64_t timeout; /* nanoseconds; NUM_FOREVER: none */
	size_t queue;    /* bytes that wait in memory for a slow reader; 0: WATCH_QUEUE */
	bool idle;       /* the time starts again with each event that is counted */
	/* What to do with an event. */
	enum watch_verdict (*judge)(const struct event *event, void *context);
	void *context;
	struct react *react; /* what is run for the events that count; NULL: nothing */
	/*
	 * Called when a signal asks to end: what has come by then is told first, up to an event with
	 * WATCH_STOP, as far as the output takes it within WATCH_LAST_WORDS seconds; NULL: that is the end.
	 */
	void (*last_words)(void *context);
	/*
	 * Called when the output takes no more, errno: it goes on, and what comes then is not told; NULL:
	 * that is the end.
	 */
	void (*unheard)(void *context);
	struct watch_service *service; /* without react; NULL: there is none */

	size_t untold; /* records that the output has not taken in the end */
};

enum watch_end {
	WATCH_COUNTED, /* count events have come */
	WATCH_TIMED_OUT,
	WATCH_STOPPED,      /* judge said so */
	WATCH_FAILED,       /* judge said so, and has told why */
	WATCH_CANNOT_READ,  /* errno */
	WATCH_CANNOT_WRITE, /* errno */
	WATCH_REACTED,      /* no further event is wanted: what came of it stands in react */
	WATCH_SIGNALLED,    /* with react or last_words: signals_ending tells by which signal */
	WATCH_SERVED,       /* service said so: what the output did not take at once is untold */
};

/* How many bytes of records wait in memory, unless the caller says otherwise; beyond that the
 * kernel's queue has to wait for the reader. */
enum { WATCH_QUEUE = 64 << 20 };

enum { WATCH_LAST_WORDS = 2 };

/*
 * Runs until one of the ends; on each of them all records have been written, if the output takes
 * them, and all that was to run has ended. A signal that asks to end goes to the command, too,
 * which gets REACT_GRACE seconds then; without last_words it only waits for the output as long as
 * that takes what there is.
 */
enum watch_end watch_run(struct watch *watch);

#endif
