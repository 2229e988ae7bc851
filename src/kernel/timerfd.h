/* SPDX-License-Identifier: MIT */
/* timerfd_create(2): timers that are descriptors. They know no timer slack and do not drift. */
#ifndef BUTTER_TIMERFD_H
#define BUTTER_TIMERFD_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "cli/names.h"
#include "cli/say.h"

/* The clocks that a timer can follow, by name. */
extern const struct name timerfd_clocks[];

/* Advice for errors of timers on CLOCK. */
const struct hint *timerfd_hints(int clock);

/*
 * A new timer on CLOCK (CLOCK_MONOTONIC, ...), close-on-exec, blocking. -1 with errno
 * EINVAL (no such clock), EPERM (an alarm clock without CAP_WAKE_ALARM), EMFILE,
 * ENFILE, ENOMEM, ENOSYS.
 */
int timerfd_open(int clock);

/*
 * Arms the timer: it fires after (or, with AT, when its clock shows) FIRST nanoseconds,
 * then each EVERY nanoseconds if that is not 0. A moment that has passed fires at
 * once. With ON_CHANGE (needs AT and a realtime clock) reading fails with ECANCELED when
 * somebody sets the clock. -1 with errno.
 */
int timerfd_arm(int fd, int64_t first, int64_t every, bool at, bool on_change);

/*
 * Waits until the timer fires, through signals that are handled; read(2). -1 with errno: ECANCELED, the
 * clock was set (timerfd_arm's ON_CHANGE).
 */
int timerfd_wait(int fd);

/* Nanoseconds until the timer fires next; 0 when it is not armed; -1 with errno. Async-signal-safe.
 */
int64_t timerfd_left(int fd);

/* What CLOCK shows, in nanoseconds; clock_gettime(2). */
int64_t timerfd_now(int clock);

/*
 * When DURATION nanoseconds from now have passed, CLOCK_MONOTONIC: a deadline. INT64_MAX, which is never,
 * where DURATION is that, or too long.
 */
int64_t timerfd_in(int64_t duration);

/* How long it is until DEADLINE, for ppoll(2): in *SPACE, at least 0; NULL: it is never. */
const struct timespec *timerfd_until(int64_t deadline, struct timespec *space);

#endif
