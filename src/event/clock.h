/* SPDX-License-Identifier: MIT */
/* The wall clock as a source: that it shows a time, or that somebody has set it. */
#ifndef BUTTER_CLOCK_H
#define BUTTER_CLOCK_H

#include "event/source.h"

enum { CLOCK_ALARM = 1, CLOCK_CHANGE = 2 };

extern const struct name clock_names[];

struct alarm {
	struct source source; /* its descriptor is -1 when the time has come */
	const char *text;
	int64_t moment; /* realtime, nanoseconds since 1970 */
};

struct clock_changes {
	struct source source;
	int64_t ahead; /* moment_ahead when it was looked at last */
};

/*
 * One event when the clock shows what TEXT, which lives as long, says (moment_parse), however it
 * comes to show that: when somebody sets it, it is read again. -1 with errno of moment_parse,
 * timerfd_open, timerfd_arm.
 */
int alarm_open(struct alarm *alarm, const char *text);

/*
 * An event each time when somebody has set the clock, or the machine has slept; value: by how many
 * nanoseconds it has been put forward. -1 with errno of timerfd_open, timerfd_arm.
 */
int clock_changes_open(struct clock_changes *changes);

#endif
