/* SPDX-License-Identifier: MIT */
/* Reading rules and policies in text: bytes that have been read so far, and where they stand. */
#ifndef BUTTER_SCAN_H
#define BUTTER_SCAN_H

#include "policy/policy.h"

struct scan {
	const char *at, *end;
	const char *line;   /* where the line of AT begins */
	struct place place; /* its file, and the line of AT; 0: the text has no lines */
	struct policy *policy;
	struct problems *problems;
	enum arch arch; /* whose constants and registers are meant; ARCH_NONE: any with 64 bits */
	bool is_other;  /* it has been read for another one before: what ARCH lacks is no error */
	bool varies;    /* what has been read means something else on others */
	bool lacks;     /* it names a constant that ARCH does not have, or what is hidden */
	bool is_hidden; /* it names an argument that no filter sees on ARCH */
};

/* Passes blanks, and a backslash that ends a line with what begins the next one. */
void scan_blanks(struct scan *scan);

/* The next byte that is no blank, which stays; NUL at the end. */
char scan_next(struct scan *scan);

/* Takes TOKEN, if it comes next. */
bool scan_take(struct scan *scan, const char *token);

/*
 * Takes letters, digits and underscores, and bytes of MORE, as many as there are: their number, and
 * *WORD.
 */
size_t scan_word(struct scan *scan, const char *more, const char **word);

/* Where the next byte stands that is no blank. */
struct place scan_place(struct scan *scan);

/* An error at the next byte: what is WANTED there, and what there is. Returns false. */
bool scan_unexpected(struct scan *scan, const char *wanted);

/* The TEXT of an OPTION, whose numbers are those of ARCH, from its beginning on. */
struct scan scan_option(struct policy *policy, const char *option, const char *text, enum arch arch,
			struct problems *problems);

#endif
