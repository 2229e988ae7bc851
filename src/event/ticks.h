/* SPDX-License-Identifier: MIT */
/* A timer as a source: an event each time it fires, with how often it has. */
#ifndef BUTTER_TICKS_H
#define BUTTER_TICKS_H

#include "event/source.h"

struct ticks {
	struct source source;
	uint64_t total; /* expirations so far */
};

enum { TICK = 1 };

extern const struct name tick_names[];

/* A source on the timer FD (timerfd.h), which it takes over. Reading may fail with ECANCELED:
 * somebody set the clock. */
void ticks_open(struct ticks *ticks, int fd);

#endif
