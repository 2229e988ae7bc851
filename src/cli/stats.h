/* SPDX-License-Identifier: MIT */
/*
 * What a long copy says of itself: at its end how much it were, how long it took and which way it went,
 * as text or JSON; and in between how far it is, when SIGUSR1 asks.
 */
#ifndef BUTTER_STATS_H
#define BUTTER_STATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/meter.h"

/* A way that bytes can go: mostly a system call. */
struct stats_way {
	const char *name; /* as text, and as JSON's key */
	uint64_t calls, bytes;
};

/* Appends `400000 bytes, 0.120 seconds, 3.1M/s, 12 calls, splice`: the way that most bytes went. */
void stats_text(struct buffer *line, const struct meter *meter, const struct stats_way *ways,
		size_t count);

/* The same in a JSON object: bytes, seconds, calls, way (`none` without bytes), and the bytes of each way. */
void stats_keys(struct buffer *line, const struct meter *meter, const struct stats_way *ways,
		size_t count);

/* Says on standard error one of the two as a line of its own, the JSON object with the event `copied`. */
void stats_say(const struct meter *meter, const struct stats_way *ways, size_t count, bool json);

/*
 * From now on SIGUSR1 makes stats_moved, and kernel/pipe where it is interrupted, say how far METER is, once
 * that has begun.
 */
void stats_answer(const struct meter *meter);

/* meter_add, and the answer if SIGUSR1 has asked. */
void stats_moved(uint64_t bytes, void *meter);

#endif
