/* SPDX-License-Identifier: MIT */
/*
 * inotifywait and inotifywatch by fanotify: what inotify-tools calls fsnotifywait and fsnotifywatch. The
 * rows of their tables (cli/opt.h), and the way from there to marks (event/marks.h), with messages.
 */
#ifndef BUTTER_FSNOTIFY_H
#define BUTTER_FSNOTIFY_H

#include "cli/opt.h"
#include "event/marks.h"
#include "event/selection.h"

struct fsnotify {
	bool called;               /* by one of the names that begin with fsnotify */
	bool fanotify, by_inotify; /* -F, -I */
	bool whole;                /* -S */
	bool names;                /* who did it is told, by command and user */
	struct marks marks;
};

/* Each adds the option of its name to TABLE; they fill FSNOTIFY. */
void fsnotify_add_fanotify(struct opt_table *table, struct fsnotify *fsnotify);
void fsnotify_add_inotify(struct opt_table *table, struct fsnotify *fsnotify);
void fsnotify_add_file_system(struct opt_table *table, struct fsnotify *fsnotify);

/* Whether it is to be fanotify; *STATUS is not 0, after a message, when options exclude each other. */
bool fsnotify_wanted(const struct fsnotify *fsnotify, bool recursive, int *status);

/*
 * Marks what SELECTION has, for EVENTS (IN_ACCESS ...), with what an overflow has lost looked for if
 * RESCAN. 0, or the status after a message.
 */
int fsnotify_open(struct fsnotify *fsnotify, const struct selection *selection, uint64_t events,
		  bool recursive, bool no_follow, bool rescan);

#endif
