/* SPDX-License-Identifier: MIT */
/* The words that mount(8) knows, and what they are about. */
#ifndef BUTTER_VOCABULARY_H
#define BUTTER_VOCABULARY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a word is about. */
enum vocabulary_kind {
	WORD_ACCESS,    /* of the mount and the superblock */
	WORD_ATTRIBUTE, /* of the mount: a bit */
	WORD_BELOW,     /* the same, of all below it, too, without saying so */
	WORD_ATIME,     /* one of several values */
	WORD_FLAG,      /* of the superblock */
	WORD_BIND,      /* the bits: with what is below */
	WORD_MOVE,      /* and the others of the kind */
	WORD_REMOUNT,
	WORD_PROPAGATION,
	WORD_USER,    /* the bits: what it implies */
	WORD_NO_AUTO, /* of fstab, for -a */
	WORD_NO_FAIL,
	WORD_NETDEV,
	WORD_NOTHING, /* known, and without effect here */
	WORD_REFUSED, /* known, and not to be had */
};

/* The names are in place, so that the table costs nothing until it is read. */
struct vocabulary_word {
	char name[16];
	uint8_t kind; /* enum vocabulary_kind */
	bool off;     /* the bits are to be 0 */
	uint64_t bits;
};

/* The word that the LENGTH bytes at TEXT are; NULL: none that is known. */
const struct vocabulary_word *vocabulary_find(const char *text, size_t length);

/* Whether a word of KIND with a value is still that word, and not an option of the file system. */
bool vocabulary_takes_value(enum vocabulary_kind kind);

/* The word that sets one of the BITS of the superblock; NULL: none does. */
const char *vocabulary_flag(uint64_t bits);

#endif
