/* SPDX-License-Identifier: MIT */
/*
 * What the applets that print events have in common on their command lines: where records go, how they
 * look, what becomes of an overflow, and what is said at the end. The rows of their tables (cli/opt.h),
 * and the way from there to event/print.h and event/watch.h, with messages.
 */
#ifndef BUTTER_SHOWING_H
#define BUTTER_SHOWING_H

#include "cli/opt.h"
#include "event/watch.h"

/* What --on-overflow asks for. */
enum { SHOWING_BY_DEFAULT, SHOWING_RESCAN, SHOWING_REPORT, SHOWING_FAIL };

struct showing {
	bool csv, json, no_newline, null;
	int quiet; /* 2: no records */
	uint64_t on_overflow;
	const char *format, *out_file, *time_format;
	int fd; /* where records go */
};

/* The help for --on-overflow; WITH: the options with which rescan is the default. */
#define SHOWING_WHEN_LOST(with)                                                                    \
	"when events are lost: rescan (default with " with                                         \
	") finds and tells what has changed, report goes on, fail ends"

/* Each adds the option of its name to TABLE; they fill SHOWING. */
void showing_add_on_overflow(struct opt_table *table, struct showing *showing, const char *help);
void showing_add_outfile(struct opt_table *table, struct showing *showing);
void showing_add_timefmt(struct opt_table *table, struct showing *showing);

/* Whether --format and --timefmt go together. 0, or the status after a message. */
int showing_check(const struct showing *showing);

/* Opens where records go. 0, or the status after a message. */
int showing_open(struct showing *showing);

/* The same for its end. STATUS, if there is one, or what came of closing, after a message. */
int showing_close(struct showing *showing, int status);

/*
 * How records look; FORMAT where the user gave none (NULL: as print.h has it). With a command that
 * is run (EXECUTE) that has the word: events are printed where that is asked for.
 */
struct print showing_print(const struct showing *showing, const char *format,
			   enum escape_in_names escape, bool execute);

/* Says that the output takes no more, errno. Returns status 1. */
int showing_cannot_write(const struct showing *showing);

/*
 * The status that END stands for, after a message where it is an error; TIMED_OUT where the time was
 * up. WATCH_STOPPED is the applet's own.
 */
int showing_end(const struct showing *showing, enum watch_end end, int timed_out);

#endif
