/* SPDX-License-Identifier: MIT */
/*
 * Patterns of paths and names, as rules have them.
 *
 * A pattern's text escapes by a backslash what is meant as it is. An absolute path means itself and
 * all below it. With * ? [...] it is a glob, as those of sh(1) in `case`: * also takes slashes, [!a-z]
 * and [^a-z] are what is not in it, bytes are compared. Without a slash it means the last component.
 *
 * Matching takes steps in proportion to the length of the pattern times that of the text: fnmatch(3)
 * may take so many for a name that somebody has chosen well that all others wait.
 */
#ifndef BUTTER_PATTERN_H
#define BUTTER_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

enum pattern_kind {
	PATTERN_ANY,
	PATTERN_BELOW, /* a path, and all below it */
	PATTERN_PATH,  /* a glob for a whole path */
	PATTERN_NAME,  /* a glob for its last component */
};

struct pattern {
	enum pattern_kind kind;
	char *text;    /* memory of its own; PATTERN_BELOW: without escapes and last slash */
	size_t length; /* of text */
};

/*
 * Makes of TEXT (LENGTH bytes) a pattern. NULL, or what is wrong with it. A TEXT that is neither
 * a path nor a glob is one for the last component where NAMES says so.
 */
const char *pattern_set(struct pattern *pattern, const char *text, size_t length, bool names);

/* Follows symbolic links in a path, as far as that exists: what the kernel tells has none. */
void pattern_resolve(struct pattern *pattern);

/* Whether PATH, absolute and in the kernel's form, matches. */
bool pattern_has(const struct pattern *pattern, const char *path);

/* Whether all of TEXT matches the glob GLOB. */
bool pattern_glob(const char *glob, const char *text);

void pattern_done(struct pattern *pattern);

#endif
