/* SPDX-License-Identifier: MIT */
/* Which paths are of interest: --include and --exclude, in POSIX extended regular expressions
 * (regex(7)). */
#ifndef BUTTER_FILTER_H
#define BUTTER_FILTER_H

#include <stdbool.h>
#include <stddef.h>

struct filter {
	size_t count;
	struct filter_pattern *patterns;
};

/*
 * Adds PATTERN: paths that match it are included or excluded. Returns NULL, or why it is no
 * regular expression (until the next call).
 */
const char *filter_add(struct filter *filter, const char *pattern, bool include, bool ignore_case);

/* Whether PATH matches no exclusion and, where there are inclusions, one of them. */
bool filter_passes(const struct filter *filter, const char *path);

/*
 * Whether an exclusion leaves out all that can be below the folder PATH (ends in '/'): it
 * matches the folder itself, or whatever is in it.
 */
bool filter_prunes(const struct filter *filter, const char *path);

void filter_done(struct filter *filter);

#endif
