/* SPDX-License-Identifier: MIT */
/* Sorted names in one text, as build-aux/tables.sh makes them: searched by halves, and without pointers. */
#ifndef BUTTER_POLICY_NAMELIST_H
#define BUTTER_POLICY_NAMELIST_H

#include <stddef.h>
#include <stdint.h>

struct namelist {
	const char *text;        /* each with its NUL, in the order of their bytes */
	const uint16_t *offsets; /* where in it each begins */
	int count;
};

static inline const char *
namelist_name(const struct namelist *list, int place)
{
	return list->text + list->offsets[place];
}

/* The place of LENGTH bytes of NAME in LIST; -1: it is not there. */
int namelist_find(const struct namelist *list, const char *name, size_t length);

/* The name in LIST that may have been meant by NAME; NULL: none is near. */
const char *namelist_nearest(const struct namelist *list, const char *name, size_t length);

#endif
