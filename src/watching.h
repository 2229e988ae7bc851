/* SPDX-License-Identifier: MIT */
/*
 * What the applets that watch files have in common on their command lines: the rows of
 * their tables (cli/opt.h), and the way from there to a selection, with messages.
 */
#ifndef BUTTER_WATCHING_H
#define BUTTER_WATCHING_H

#include "cli/opt.h"
#include "event/files.h"
#include "event/selection.h"

/* Each adds the options of its name to TABLE; what they fill is the applet's. */
void watching_add_no_dereference(struct opt_table *table, bool *flag);
void watching_add_recursive(struct opt_table *table, bool *flag);
void watching_add_excludes(struct opt_table *table, struct opt_list *list);
void watching_add_fromfile(struct opt_table *table, struct opt_list *list);
void watching_add_includes(struct opt_table *table, struct opt_list *list);
void watching_add_ready_fd(struct opt_table *table, int *fd);
void watching_add_partial(struct opt_table *table, bool *flag);
void watching_add_queue(struct opt_table *table, uint64_t *size);
void watching_add_sd_notify(struct opt_table *table, bool *flag);

/*
 * No event can be missed any more: tells it on the descriptor FD (-1: none), and with SD_NOTIFY to the
 * service manager; from now on a signal ends also process 1. 0, or the status after a message.
 */
int watching_ready(int fd, bool sd_notify);

/*
 * Fills SELECTION with the patterns, the lines of the files, and the OPERANDS many texts. 0, or the
 * status after a message: no regular expression, a file that cannot be read, nothing to watch where
 * that is NEEDED.
 */
int watching_select(struct selection *selection, const struct opt_list *patterns,
		    const struct opt_list *from_files, int operands, char **texts, bool needed);

/*
 * Leaves out, besides each path that SELECTION has to, the one by which events tell of the same, unless
 * that is watched. FIND adds it to TEXT, or returns -1 with errno: ENODEV and EXDEV where nothing tells of
 * it. What cannot be found is a note, unless QUIET.
 */
void watching_leave_out(struct selection *selection,
			int (*find)(const char *path, struct buffer *text), bool quiet);

/*
 * A FIND for events whose paths have no links and begin at the root. -1 with errno of realpath(3) for the
 * folder of PATH, which need not exist itself.
 */
int watching_real_path(const char *path, struct buffer *text);

/*
 * Tells if there were not enough watches for all folders, and how many are needed. 0, or the
 * status after a message where that was not expected (FILES->partial).
 */
int watching_left_out(struct files *files);

/*
 * The operand PATH, one of those in SELECTION, could not be watched, errno. The status, after a message;
 * with RECURSIVE nobody knows how many watches are needed.
 */
int watching_refused(const struct selection *selection, const char *path, bool recursive);

/*
 * PATH, of FILES, could not be watched for ERROR: tells that; of many for which there is no watch, the first
 * ones.
 */
void watching_trouble(struct files *files, const char *path, int error);

/* files.h's strayed: tells that PATH leads elsewhere. */
void watching_strayed(const char *path, int error, void *context);

#endif
