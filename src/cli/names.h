/* SPDX-License-Identifier: MIT */
/* Bits <-> names, and the name that somebody may have meant. */
#ifndef BUTTER_NAMES_H
#define BUTTER_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/buffer.h"

/* The texts are in place, not pointed to: tables of them cost nothing until one is read. */
struct name {
	char name[24]; /* as typed, in lower case; "" ends the table */
	uint64_t bits;
	char word[24];  /* as printed in text; "": only typed */
	char event[24]; /* JSON's "event" where that is not the name */
};

/*
 * The bits of one NAME of LENGTH bytes, without regard to case, and with `-` for `_`. Returns false
 * when the table does not have it.
 */
bool names_find(const struct name *table, const char *name, size_t length, uint64_t *bits);

/* Appends the words of all rows that share a bit with BITS, in the table's order. */
void names_print(struct buffer *buffer, const struct name *table, uint64_t bits, char separator);

/* The first row with a word that shares a bit with BITS, or NULL. */
const struct name *names_first(const struct name *table, uint64_t bits);

/*
 * How many letters must be changed, added, left out or swapped to make B of A
 * (Damerau's distance, adjacent swaps); at most 99.
 */
int names_distance(const char *a, const char *b);

/* Keeps the nearer of *BEST (NULL at first) and CANDIDATE to WORD, if it is near enough for a
 * suggestion. */
void names_nearer(const char *word, const char *candidate, const char **best);

#endif
