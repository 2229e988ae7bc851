/* SPDX-License-Identifier: MIT */
/*
 * The sources that `events` brings together, as they are typed: the rows of its table (cli/opt.h),
 * and the way from there to one source (event/merge.h), with messages.
 */
#ifndef BUTTER_GATHERING_H
#define BUTTER_GATHERING_H

#include <signal.h>

#include "cli/opt.h"
#include "event/exits.h"
#include "event/merge.h"

struct gathering {
	struct opt_list typed; /* in their order */
	bool recursive;        /* of inotify */
	int fd;                /* where events are written: that is no event; -1: no matter */
	bool supervised;       /* CHLD tells of a command's end, and is no source */

	struct merge merge;
	struct exits exits; /* all processes, */
	bool has_exits;     /* if there are any */
};

/* Adds the options of all kinds of sources to TABLE; they fill GATHERING. */
void gathering_add(struct opt_table *table, struct gathering *gathering);

/*
 * *SET: the signals that are sources, to be blocked before gathering_open. 0, or the status after a message.
 */
int gathering_signals(const struct gathering *gathering, sigset_t *set);

/* Opens them all. 0, or the status after a message. */
int gathering_open(struct gathering *gathering);

enum gathering_what {
	GATHERING_NOTHING, /* that was not asked for */
	GATHERING_EVENT,
	GATHERING_LOSS, /* events are lost, which a message has told */
};

/* What EVENT, the last one of merge, is. */
enum gathering_what gathering_judge(const struct gathering *gathering, const struct event *event);

/* Reading merge has failed, errno: tells which of them. Returns the failure status. */
int gathering_cannot_read(const struct gathering *gathering);

#endif
