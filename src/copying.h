/* SPDX-License-Identifier: MIT */
/*
 * What the applets that move bytes have in common on their command lines: the rows of their tables
 * (cli/opt.h) about pipes, rate and reports, and the meter behind these.
 */
#ifndef BUTTER_COPYING_H
#define BUTTER_COPYING_H

#include "cli/meter.h"
#include "cli/opt.h"
#include "cli/stats.h"

struct copying {
	bool progress, stats, json;
	uint64_t pipe_size;
	uint64_t rate; /* bytes in a second; 0: any */
	/* SIGPIPE is held back until the statistics are said; it has come. */
	bool outlives, left;
	struct meter meter;
};

#define COPYING_DEFAULT                                                                            \
	{                                                                                          \
		.pipe_size = 1 << 20                                                               \
	}

/* The help for --pipe-size where there are pipes of butter's own. */
#define COPYING_PIPES "of pipes: in between, and asked for at the ends (1M)"

/* Each adds the options of its name to TABLE; they fill COPYING. */
void copying_add_pipe_size(struct opt_table *table, struct copying *copying, const char *help);
void copying_add_rate(struct opt_table *table, struct copying *copying);
void copying_add_reports(struct opt_table *table, struct copying *copying);

/* What goes with what. 0, or the status after a message. */
int copying_check(const struct copying *copying);

/* First of all: from now on SIGUSR1 does not end this process, and is answered after copying_begin. */
void copying_listen(const struct copying *copying);

/*
 * Begins to measure the time of TOTAL bytes (METER_UNKNOWN); from now on a file that may not grow is an error
 * of write(2), and with --stats a reader that leaves is not the end.
 */
void copying_begin(struct copying *copying, uint64_t total);

/* Whether errno, of an output, is that its reader has left, and copying_say is going to end this process. */
bool copying_is_left(struct copying *copying);

/*
 * Says on standard error what went which of the COUNT WAYS, as --json asks, if --stats does. This process
 * ends by SIGPIPE then, if a reader has left.
 */
void copying_say(const struct copying *copying, const struct stats_way *ways, size_t count);

#endif
