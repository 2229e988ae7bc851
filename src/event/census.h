/* SPDX-License-Identifier: MIT */
/*
 * The one loop of all counting applets: events in, a table out when a time is over or a signal comes.
 *
 * Each event is counted in one or more lists: for the object that is watched, the process that did
 * it, the folder, the file. On a terminal a page shows what is busiest in them meanwhile. The kernel's
 * queue goes first, as in watch.h.
 *
 * SIGALRM, SIGHUP, SIGINT and SIGTERM end it, SIGUSR1 prints the tables so far. With a page, SIGWINCH
 * draws it anew; SIGTSTP and SIGQUIT leave the terminal as it was before they do what they always do.
 *
 * The order of calls: census_open; whatever has the first rows, and readiness; census_run.
 */
#ifndef BUTTER_CENSUS_H
#define BUTTER_CENSUS_H

#include <signal.h>

#include "cli/record.h"
#include "cli/screen.h"
#include "event/live.h"
#include "event/source.h"
#include "event/table.h"

enum { CENSUS_LISTS = LIVE_SECTIONS };

/* What the user is told while the page is not shown. */
enum census_news {
	CENSUS_LOST, /* the kernel's queue was full, for the first time: counts are lower bounds */
	CENSUS_LEFT_ALONE,   /* nothing is left to watch: this is the end */
	CENSUS_CANNOT_READ,  /* nor is there more to be read: errno */
	CENSUS_NOTHING_CAME, /* the tables that are printed now have no event, and none is lost */
};

struct census_list {
	enum table_kind kind;
	bool hidden; /* the page alone shows it */
	/*
	 * How many rows are remembered: twice as many for a while, the most active first. 0: all. Where it
	 * is not hidden, half of them are those that have the greatest totals.
	 */
	size_t most;
	struct tally tally; /* census_open opens it */
};

struct census {
	struct source *source;
	size_t record;            /* bytes in the kernel's queue for each event, at the least */
	const struct name *names; /* of the events: columns in this order */
	uint64_t events, lost; /* those that are counted; the one that says that others are lost */
	int64_t timeout;       /* nanoseconds from census_open; NUM_FOREVER: none */
	int fd;                /* where tables and page go */
	bool live, colours;    /* with a page; with colours in it */
	struct table table;    /* how tables look; kind and time are set for each */
	struct census_list lists[CENSUS_LISTS]; /* in the order of the page */
	size_t count;                           /* of them */

	/* Whether an event is to be counted; NULL: each. */
	bool (*wants)(const struct event *event, void *context);
	/* How many of the objects that were named are still watched; NULL: always some. */
	size_t (*roots)(void *context);
	/* For the page: how many watches there are; NULL: not told. */
	size_t (*watches)(void *context);
	/* Before a table with rows of zeros: adds a row for whatever has one. NULL: nothing has. */
	void (*fill)(void *context);
	/* Whether that makes it a failure. */
	bool (*tell)(enum census_news news, void *context);
	void *context;

	bool failed;       /* tell has said so */
	struct tally sums; /* no rows */

	/* Its own. */
	struct record output;
	struct screen screen;
	int signals;
	sigset_t mask_before;
	int64_t started, sampled, drawn; /* CLOCK_MONOTONIC, nanoseconds */
	bool ended, unreadable;
	bool outdated; /* what the screen shows */
	struct buffer key;
};

/*
 * Opens the lists, starts the clock and reads signals from now on, for good: this process is about to
 * end. -1 with errno of signalfd_open.
 */
int census_open(struct census *census);

/*
 * Counts until the end and prints the tables. 0, or -1 with errno of write(2) where they could not
 * be written.
 */
int census_run(struct census *census);

/* Messages go where the page is not: to be called before each that does not come through tell. */
void census_uncover(struct census *census);

#endif
