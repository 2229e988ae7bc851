/* SPDX-License-Identifier: MIT */
/*
 * eventfd(2): a counter that is a descriptor. Adding to it never waits unless it is nearly full; taking,
 * where it is not 0, takes all of it, or of one that is a semaphore always 1.
 *
 * Others share the description, so its flags are never changed here, O_NONBLOCK above all; whether it has
 * that makes no difference.
 */
#ifndef BUTTER_EVENTFD_H
#define BUTTER_EVENTFD_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/say.h"

/* The most that the counter can hold. */
#define EVENTFD_LARGEST (UINT64_MAX - 1)

/* Advice for errors of eventfd_open. */
extern const struct hint eventfd_hints[];

/* A new one with INITIAL, close-on-exec. -1 with errno EMFILE, ENFILE, ENOMEM, ENOSYS. */
int eventfd_open(uint64_t initial, bool semaphore);

/*
 * Whether FD is one, as /proc names it; without /proc, whether it behaves like one: 1 or 0; -1 with errno
 * EBADF: it is not open.
 */
int eventfd_is(int fd);

/*
 * What the counter has, which stays there: 1 and *COUNT, or 0 where FD is none; -1 with errno as fdinfo_find.
 */
int eventfd_look(int fd, uint64_t *count);

/*
 * Takes what is there without waiting: 1 and *VALUE, 0 where the counter is 0, -1 with errno of read(2).
 * SIGALRM may be used where the kernel is older than Linux 5.8.
 */
int eventfd_take(int fd, uint64_t *value);

/* The same of 1, also where it is no semaphore: the rest of what that gives goes back at once. */
int eventfd_take_one(int fd);

/*
 * Adds VALUE, up to EVENTFD_LARGEST, and waits while the sum would be more than that, until DEADLINE
 * (CLOCK_MONOTONIC, nanoseconds; INT64_MAX: without end; 0 does not wait). 1; 0 the time ran out, and nothing
 * was added; -1 with errno of write(2). SIGALRM is used for a deadline.
 */
int eventfd_add(int fd, uint64_t value, int64_t deadline);

#endif
