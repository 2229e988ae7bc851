/* SPDX-License-Identifier: MIT */
/*
 * A command that is run for events: what waits, when it is due, what one run gets.
 *
 * Events are taken into a batch. It is closed when no further event has come for the time of
 * debounce, and runs are made of it, one after the other: one for each event (debounce 0), for
 * each path, or (together) for all paths at once. Meanwhile the next batch collects, so that
 * nothing is lost between runs: what has been taken is in a run that starts later.
 *
 * Each run has the events' JSON lines on its standard input and the first one in BUTTER_EVENT,
 * BUTTER_PATH, BUTTER_DIR and BUTTER_NAME; BUTTER_COUNT is their number. An argument {} becomes
 * the run's paths. What does not fit into one command line goes into several runs.
 *
 * The order of calls: react_open; react_take for each event and, when all that are there were
 * taken, react_step; sleep until react_fd or the descriptor of signals_watch is readable, or
 * react_deadline; react_finish after the last event, and react_step until react_is_done;
 * react_close.
 */
#ifndef BUTTER_REACT_H
#define BUTTER_REACT_H

#include "event/batch.h"
#include "process/command.h"

/* What becomes of events that come while a command runs. */
enum react_busy {
	REACT_QUEUE = 1, /* they wait; 0 is the same */
	REACT_SKIP,      /* they are counted, told of, and forgotten */
	REACT_RESTART, /* the command is ended and run again, with its own events and these; needs together */
};

/* What the user is told, with the first PATH of the run, or the event's word where that has none. */
enum react_news {
	REACT_FAILED,   /* a run ended with the status VALUE, not 0 */
	REACT_SKIPPED,  /* VALUE events were skipped */
	REACT_DELAYED,  /* there is no process for it, errno VALUE; it is tried again */
	REACT_TOO_LONG, /* PATH does not fit into a command line; there is no run for it */
};

enum {
	REACT_GRACE = 5, /* seconds from SIGTERM to SIGKILL */
	REACT_RETRY = 1, /* seconds until a command that got no process is tried again */
	REACT_QUEUE_MAX =
		64 << 20, /* bytes of events that wait; beyond it the kernel's queue has to */
};

struct react {
	char **command; /* arguments, NULL at the end */
	bool together;
	bool once;        /* the first batch is the last; unless together, its first run is */
	int64_t debounce; /* nanoseconds */
	enum react_busy busy;
	void (*tell)(enum react_news news, const char *path, int64_t value, void *context);
	void *context;

	/* What came of it. */
	int status; /* of the first run that failed; EXEC_CANNOT_RUN ... ; 0 */
	int error;  /* why the command could not be started at all: errno; 0 */
	bool ran;   /* at least one run has started */

	struct batch open, closed; /* what collects, and what is being run */
	size_t run, next;          /* the first path of the run that is on, and of the next */
	size_t budget;             /* bytes that paths may take in one command line */
	struct command child;
	int64_t quiet_at, kill_at, retry_at; /* CLOCK_MONOTONIC; NUM_FOREVER: never */
	uint64_t skipped;
	bool ending;      /* the command has been told to end: a restart */
	bool interrupted; /* the same, and no other will start */
	bool finishing, over, delayed;
};

/* Readies a struct whose first part is filled. */
void react_open(struct react *react);

/* EVENT is one to react to. */
void react_take(struct react *react, const struct event *event);

/* Whether the command has arguments {}, and with an event that has no path would miss them. */
bool react_needs_paths(const struct react *react);

/* Whether no more events should be read for now: too many wait. */
bool react_is_full(const struct react *react);

/*
 * Whether no further event is wanted: once, and the batch is closed; or the command cannot be
 * executed, so that it never will.
 */
bool react_is_over(const struct react *react);

/*
 * Does what is due: reaps, ends, starts. DRAINED: all events that were there before have been
 * taken.
 */
void react_step(struct react *react, bool drained);

/*
 * The descriptor that becomes readable when the command has ended; -1: none, or the one of
 * signals_watch.
 */
int react_fd(const struct react *react);

/*
 * When react_step is to be called at the latest; CLOCK_MONOTONIC, NUM_FOREVER: only when the
 * command ends.
 */
int64_t react_deadline(const struct react *react);

/* No more events will come: what waits is due. */
void react_finish(struct react *react);

/*
 * Starts nothing any more, sends SIGNAL (0: none) to the command, and waits for its end no
 * longer than REACT_GRACE.
 */
void react_interrupt(struct react *react, int signal);

/* Whether nothing runs and nothing waits. */
bool react_is_done(const struct react *react);

void react_close(struct react *react);

#endif
