/* SPDX-License-Identifier: MIT */
/*
 * Many sorted names in little room, as build-aux/tables.sh makes them: before each stands how many bytes it
 * has in common with the one before it, and of it only the rest. Each 16th is whole.
 */
#ifndef BUTTER_POLICY_PACKED_H
#define BUTTER_POLICY_PACKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PACKED_BLOCK = 16, PACKED_SIZE = 64 };

struct packed {
	const char *text;
	const uint16_t *blocks; /* where in it each 16th name begins */
	int count;
};

/* A name of a list. */
struct packed_name {
	const struct packed *list;
	const char *next; /* what is read then */
	int place;
	char text[PACKED_SIZE];
};

/* NAME stands before the first one of LIST. */
void packed_begin(struct packed_name *name, const struct packed *list);

/* NAME is the next one; false: there is none. */
bool packed_next(struct packed_name *name);

/* The place of LENGTH bytes of TEXT in LIST; -1: it is not there. */
int packed_find(const struct packed *list, const char *text, size_t length);

#endif
