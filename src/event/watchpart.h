/* SPDX-License-Identifier: MIT */
/* The loop of watch.h: for its own modules. */
#ifndef BUTTER_WATCHPART_H
#define BUTTER_WATCHPART_H

#include "event/watch.h"

/* Its own state beside what the caller asked for. */
struct watchpart {
	struct watch *watch;
	struct record output;
	size_t flush_at;      /* bytes in the queue at which it is time */
	uint64_t taken, seen; /* all events; those that count */
	int64_t deadline;     /* CLOCK_MONOTONIC; NUM_FOREVER: none */
	bool late;            /* that is over: what the queue had at that time is told, no more */
	uint64_t late_at;     /* the position of its end */
	int signals;          /* descriptor of signals_watch; -1: none */
	bool mind_reader;     /* whether to end when the output's reader leaves */
	bool mute;            /* nothing is told any more */
	bool ending;          /* a signal has asked to end: what has come is told */
	int64_t last;         /* CLOCK_MONOTONIC; how long that may take; NUM_FOREVER: it has not */
	int soon;             /* how many reads in a row came soon after the one before */
	bool rested;          /* the last sleep was a rest */
	uint64_t total;       /* the source's, when it was drained last */
	int64_t read_at;      /* the source's, then */
	enum watch_end end;
	bool ended;
};

/* That is the end. */
void watchpart_end(struct watchpart *loop, enum watch_end how);

/* ---- watchtell.c: the records, and who reads them ---- */

/* While events pour in without a pause, the reader gets some after each so many bytes. */
enum { WATCHPART_FLUSH = 1 << 16 };

/* Tells EVENT. Where the queue is full it waits for the reader. */
void watchpart_show(struct watchpart *loop, const struct event *event);

/* The output takes no more, errno. */
void watchpart_cannot_write(struct watchpart *loop);

/* Nobody reads the output any more: the end that writing to it would find. */
void watchpart_reader_left(struct watchpart *loop);

/* Writes what is left: all, unless a signal has asked to end, or the service has. -1 with errno. */
int watchpart_flush_last(struct watchpart *loop);

/* ---- watchsleep.c: what it waits for besides events, and how long ---- */

/* Whether no more events should be read for now. */
bool watchpart_is_full(const struct watchpart *loop);

/* Whether it was a signal that asks to end for which a wait was broken off, and not the end of a child. */
bool watchpart_is_asked_to_end(void);

/* A signal has asked to end. What has come by then gets its time where it is to be told. */
void watchpart_end_by_signal(struct watchpart *loop);

/* The descriptor of the service; -1: none. */
int watchpart_service_fd(const struct watchpart *loop);

/* Whether the service, whose descriptor has REVENTS, is done and the loop over. */
bool watchpart_is_served(const struct watchpart *loop, short revents);

/* How long to sleep: until DEADLINE or that of the service; NULL: until something comes. */
const struct timespec *watchpart_until(const struct watchpart *loop, int64_t deadline,
				       struct timespec *space);

/* The same, and until a command is due. */
const struct timespec *watchpart_time_left(const struct watchpart *loop, int64_t deadline,
					   struct timespec *space);

/*
 * Whether to leave the kernel's queue alone for a moment: a few events a read cost more for the
 * reads, writes and sleeps than for the events. The first ones after a quiet time never wait.
 */
bool watchpart_may_rest(struct watchpart *loop);

/* Sleeps until there are events, the reader takes more or leaves, a command or the time is over. */
void watchpart_sleep(struct watchpart *loop);

#endif
