/* SPDX-License-Identifier: MIT */
/* The folders that overlay is given as lowerdir: `a:b\:c::data`. */
#ifndef BUTTER_LAYERS_H
#define BUTTER_LAYERS_H

#include <stdbool.h>

/*
 * The next layer of *LIST, which is changed in place: a colon behind a backslash is no end of it, `::`
 * stands before those of data alone, *IS_DATA, which was false at first. NULL: there is no more.
 */
char *layers_next(char **list, bool *is_data);

/* The first of LIST that is not there, to be freed; NULL: they are all there. */
char *layers_missing(const char *list);

#endif
