/* SPDX-License-Identifier: MIT */
/*
 * What is to be watched and whose events are of interest, as people say it: paths,
 * paths with an @ that are left out, patterns. Nothing is opened or watched here.
 */
#ifndef BUTTER_SELECTION_H
#define BUTTER_SELECTION_H

#include <stdio.h>

#include "cli/buffer.h"
#include "event/event.h"
#include "event/filter.h"

struct selection_paths {
	size_t count;
	const char **paths;
};

/* A zeroed struct is an empty selection. */
struct selection {
	struct selection_paths watched, left_out;
	struct filter filter;
	struct buffer path; /* of the event that was asked about last */
};

/* Adds OPERAND, which stays the caller's and has to live on: a path to watch or, after an @, to leave out. */
void selection_add(struct selection *selection, const char *operand);

/* Leaves out PATH, too, which has to live on. */
void selection_leave_out(struct selection *selection, const char *path);

/*
 * Adds each line of STREAM as an operand, but not the empty ones. -1 with errno of getline(3), or EILSEQ: the
 * line with the number *LINE has a NUL byte, and no path has.
 */
int selection_read(struct selection *selection, FILE *stream, size_t *line);

/*
 * All has been added. What is named both ways is watched: it is taken from what is left out. Returns
 * how many paths there are to watch.
 */
size_t selection_settle(struct selection *selection);

/*
 * files.h's skip: whether the folder PATH is left out by the selection CONTEXT, or is below one
 * that is, or an exclusion matches whatever is in it.
 */
bool selection_skips(const char *path, void *context);

/* Whether EVENT's path passes the patterns and is not left out. */
bool selection_wants(struct selection *selection, const struct event *event);

#endif
