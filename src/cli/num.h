/* SPDX-License-Identifier: MIT */
/*
 * Numbers, durations and sizes as people type them. Each function takes the
 * whole text or nothing: returns 0, or -1 with errno EINVAL (not of the form)
 * or ERANGE (too large, too small).
 */
#ifndef BUTTER_NUM_H
#define BUTTER_NUM_H

#include <stddef.h>
#include <stdint.h>

#define NUM_SECOND INT64_C(1000000000) /* nanoseconds */
#define NUM_FOREVER INT64_MAX          /* the duration `inf` */

/* A whole decimal number from LOW to HIGH; a sign only where LOW is negative. */
int num_integer(const char *text, int64_t low, int64_t high, int64_t *value);

/*
 * A duration in nanoseconds, rounded up so that it is never early: `5`, `.25`
 * (seconds), `300ms`, `1m30s`, `2h 5min`, `inf`. Units, largest first: w d h m
 * min s sec ms us ns. ERANGE beyond 292 years.
 */
int num_duration(const char *text, int64_t *nanoseconds);

/* Why num_duration refused a text, by its errno: to be put behind the text. */
const char *num_not_duration(int error);

/* A size in bytes: `64K` `1M` `2G` `1T` (1024, also KiB), `64kB` `1MB` (1000). */
int num_size(const char *text, uint64_t *bytes);

/* The same in a second, with or without a `/s` behind it. */
int num_rate(const char *text, uint64_t *bytes);

/*
 * Bytes as pairs of hexadecimal digits, such as `deadbeef`; BYTES has room for half of the text. *LENGTH:
 * how many. EINVAL also for none.
 */
int num_bytes(const char *text, char *bytes, size_t *length);

enum { NUM_DURATION_SIZE = 40 };

/*
 * Writes NANOSECONDS as num_duration reads them, to the millisecond: `1h2m3.500s`.
 * Async-signal-safe. Returns the length; a NUL follows.
 */
size_t num_format_duration(char text[NUM_DURATION_SIZE], int64_t nanoseconds);

/* The same without zeros at the end, as people type it: `5s`, `1h2m3.5s`, `1h0m0s`. */
void num_brief_duration(char text[NUM_DURATION_SIZE], int64_t nanoseconds);

enum { NUM_SIZE_SIZE = 8 };

/* Writes BYTES as num_size reads them, to two or three digits: `512`, `1.2K`, `310M`. */
void num_format_size(char text[NUM_SIZE_SIZE], uint64_t bytes);

#endif
