/* SPDX-License-Identifier: MIT */
/*
 * How far a long job is: one line on standard error that is drawn over itself,
 * at most ten times a second.
 */
#ifndef BUTTER_PROGRESS_H
#define BUTTER_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool shown;    /* something stands on the line */
	int64_t drawn; /* when, CLOCK_MONOTONIC nanoseconds */
};

/* Nanoseconds between two drawings. */
enum { PROGRESS_INTERVAL = 100000000 };

/* Whether progress makes sense here: standard error is a terminal. */
bool progress_wanted(void);

/*
 * Draws DONE of TOTAL (any unit; -1: unknown, and no bar) as a bar, with TEXT after it, as far as the
 * terminal is wide; does nothing when the last drawing is too fresh, unless NOW.
 */
void progress_draw(struct progress *progress, int64_t done, int64_t total, const char *text,
		   bool now);

/* Leaves the line: the last state stays and the cursor goes to the next line. */
void progress_end(struct progress *progress);

#endif
