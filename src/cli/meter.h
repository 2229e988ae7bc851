/* SPDX-License-Identifier: MIT */
/*
 * How much a long copy has done: counts, holds it back to a rate, draws how far it is, and tells it as a
 * line of text.
 */
#ifndef BUTTER_METER_H
#define BUTTER_METER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/buffer.h"
#include "cli/progress.h"

#define METER_UNKNOWN UINT64_MAX

struct meter {
	/* For the caller to fill. */
	uint64_t total; /* bytes; METER_UNKNOWN */
	uint64_t rate;  /* bytes in a second at most; 0: any */
	bool draws;     /* on standard error, when it takes longer than a second */
	bool counts_files;

	uint64_t done;  /* bytes */
	uint64_t files; /* whole ones; told of several */
	uint64_t left;  /* files that were left alone */
	int64_t began;  /* CLOCK_MONOTONIC */
	int64_t due;    /* by the rate, the next bytes are not before */
	struct progress progress;
};

/* Begins to measure the time. */
void meter_begin(struct meter *meter);

/* Bytes that one step should not exceed, so that the rate is held also in the short. */
size_t meter_step(const struct meter *meter);

/* BYTES more are done; METER is a struct meter. Sleeps where the rate asks for it. */
void meter_add(uint64_t bytes, void *meter);

/* Appends how far it is: `1.2G of 4.0G, 310M/s, 0:09 left`. */
void meter_text(const struct meter *meter, struct buffer *line);

/* Since meter_begin, nanoseconds. */
int64_t meter_time(const struct meter *meter);

/* Draws the end of it. */
void meter_end(struct meter *meter);

#endif
