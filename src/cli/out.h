/* SPDX-License-Identifier: MIT */
/*
 * Standard output of applets that print a line or two: what they print is kept and
 * leaves in one piece when main ends, with the care of record.h. Instead of stdio,
 * which takes an interrupted or a non-blocking write for a failure.
 */
#ifndef BUTTER_OUT_H
#define BUTTER_OUT_H

#include <stddef.h>

/* As printf(3). */
void out_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* TEXT with escapes, all of escape.h. */
void out_escape(const char *text);

/* SIZE bytes as they are. */
void out_add(const void *bytes, size_t size);

/* What was printed is somebody else's to write: of a process that this one is a copy of. */
void out_forget(void);

/* Writes what was printed and closes standard output; -1 with errno of write(2) or close(2). */
int out_finish(void);

#endif
