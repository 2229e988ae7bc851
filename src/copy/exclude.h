/* SPDX-License-Identifier: MIT */
/* What of a tree is left out: patterns of names and paths. */
#ifndef BUTTER_EXCLUDE_H
#define BUTTER_EXCLUDE_H

#include <stdbool.h>

/*
 * Whether PATTERN, a glob(7), is that of PATH, which is relative to the root of the tree: of its name, or,
 * with a slash at the begin of PATTERN or in it, of all of it; there `*` is never a slash, and `**` is any
 * folders. With a slash at its end, it is for folders.
 */
bool exclude_matches(const char *pattern, const char *path, bool is_folder);

#endif
