/* SPDX-License-Identifier: MIT */
/* Points in time as people type and read them. */
#ifndef BUTTER_MOMENT_H
#define BUTTER_MOMENT_H

#include <stdint.h>

#include "cli/buffer.h"

/* The wall clock (CLOCK_REALTIME) in nanoseconds since 1970. */
int64_t moment_now(void);

/* The wall clock as of the kernel's last tick (CLOCK_REALTIME_COARSE), by which files get their times. */
int64_t moment_coarse(void);

/* How many nanoseconds it is ahead of CLOCK_MONOTONIC: less than before, when it was set back. */
int64_t moment_ahead(void);

/*
 * Reads a point in time, in nanoseconds since 1970; NOW settles what comes next.
 *
 *	@EPOCH[.FRACTION]
 *	HH:MM[:SS[.FRACTION]]			 its next occurrence after NOW
 *	YYYY-MM-DD[(T| )HH:MM[:SS[.FRACTION]]]	 [Z | +HH[[:]MM] | -HH[[:]MM] (UTC offset)]
 *
 * Times without an offset are those of the zone TZ or /etc/localtime. A time that
 * the zone skips (summer time begins) is as much later as the gap is long; of one
 * that comes twice the first is meant, unless it has passed and HH:MM was given. What was
 * before 1970 is 1970.
 * Returns 0, or -1 with errno EINVAL (not of these forms, no such date) or ERANGE.
 */
int moment_parse(const char *text, int64_t now, int64_t *moment);

/*
 * The first moment, not before MOMENT, at which a clock on the wall shows a multiple of STEP nanoseconds
 * since midnight of 1 January 1970. A multiple that the zone skips comes when the clock is put forward.
 */
int64_t moment_align(int64_t moment, int64_t step);

/* Appends MOMENT in local time by strftime(3)'s FORMAT. */
void moment_print(struct buffer *buffer, const char *format, int64_t moment);

#endif
