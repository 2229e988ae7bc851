/* SPDX-License-Identifier: MIT */
/*
 * Memory that is there or ends the process: one message, the applet's failure
 * status. Nothing above has to check, so no error path is left untested.
 */
#ifndef BUTTER_MEMORY_H
#define BUTTER_MEMORY_H

#include <stddef.h>

/* Called instead of returning NULL; prints and ends the process. Set by main. */
extern void (*memory_exhausted)(void);

/* SIZE zeroed bytes; free(3) them. */
void *memory_get(size_t size);

/* POINTER resized to COUNT elements of SIZE bytes, reallocarray(3); an overflow counts as
 * exhausted. */
void *memory_resize(void *pointer, size_t count, size_t size);

/* A copy of TEXT; free(3) it. */
char *memory_string(const char *text);

#endif
