/* SPDX-License-Identifier: MIT */
/*
 * The ends of processes as a source, of anybody's: an event `exit` for each, with its status as far as
 * somebody may tell.
 *
 * The kernel tells the status of a process to others than its parent only when the parent has waited for it,
 * which it may never do. So there is an event with the status when that can be known, and one without it when
 * that has not come about within the time of PATIENCE.
 */
#ifndef BUTTER_EXITS_H
#define BUTTER_EXITS_H

#include <sys/types.h>

#include "event/source.h"
#include "kernel/epoll.h"

enum { EXIT = 1 };

extern const struct name exit_names[];

/* Advice for errors of waiting for the source, and of taking from it; for those of exits_add: epoll_hints. */
extern const struct hint exits_hints[];

struct exits {
	struct source source; /* its descriptor is an epoll(7); -1 when all have been told of */
	int timer;
	int64_t patience; /* nanoseconds; NUM_FOREVER: until it is known */
	int64_t deadline; /* CLOCK_MONOTONIC: patience is over then in any case; NUM_FOREVER: none */
	struct exits_one {
		int pidfd; /* -1: its end has been told of */
		pid_t pid;
		const char *name; /* the event's source; NULL: none */
		bool ended;       /* and it was found so AT that time of CLOCK_MONOTONIC */
		bool gone;        /* before it could be opened */
		int64_t at;
	} * all;
	size_t count, room;
	size_t left;    /* how many have not been told of */
	size_t waiting; /* how many of them have ended */
	size_t *ready;  /* of those of which something has been heard, that are to be looked at */
	size_t heard, looked;
	struct ended ended; /* of the last event */
};

/* Nobody to wait for yet. -1 with errno of epoll_open (epoll.h), timerfd_open, and *HINTS, advice for it. */
int exits_open(struct exits *exits, int64_t patience, const struct hint **hints);

/* PIDFD, which it takes over, of the process PID, whose event has NAME. -1 with errno of epoll_add. */
int exits_add(struct exits *exits, int pidfd, pid_t pid, const char *name);

/* The same for one that has ended before anybody could look: a synthetic event, without a status. */
void exits_add_gone(struct exits *exits, pid_t pid, const char *name);

void exits_close(struct exits *exits);

#endif
