/* SPDX-License-Identifier: MIT */
/*
 * How often what has happened: a row of counts for each path. Names and numbers only:
 * no system call is made here, and time is what the caller says.
 */
#ifndef BUTTER_TALLY_H
#define BUTTER_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "cli/names.h"

enum { TALLY_COLUMNS = 13 };

/* What rows can be sorted by, beside the bit of a column. */
#define TALLY_TOTAL (UINT64_C(1) << 32) /* of all columns */
#define TALLY_RATE (UINT64_C(1) << 33)  /* of late; then the total */

/* The columns in inotifywatch's order: inotify's events, by name. */
extern const struct name tally_columns[TALLY_COLUMNS + 1];

/* Which events can be counted, as typed: the columns, and names for several of them. */
extern const struct name tally_events[];

/* What rows can be sorted by, as typed. */
extern const struct name tally_keys[];

struct tally_row {
	SLIST_ENTRY(tally_row) same_path; /* chain of the index */
	uint64_t total, counts[TALLY_COLUMNS];
	uint64_t recent; /* events since the last sample */
	double rate;     /* events a second before it */
	size_t rank;     /* among rows of equal counts the smaller is first; SIZE_MAX unless set */
	size_t length;
	char path[];
};

SLIST_HEAD(tally_chain, tally_row);

struct tally {
	uint64_t events; /* the bits that are counted */
	uint64_t total, counts[TALLY_COLUMNS];
	uint64_t recent;
	double rate;
	bool incomplete;       /* events were lost: all counts are lower bounds */
	size_t count, buckets; /* rows; chains, a power of two */
	struct tally_chain *chains;
	struct tally_row *last; /* the row that was asked for last: events come in bursts */
};

struct tally_order {
	uint64_t by; /* TALLY_TOTAL, TALLY_RATE or the bit of a column */
	bool ascending;
};

/* An empty tally of EVENTS. */
void tally_open(struct tally *tally, uint64_t events);

/* The row of PATH, new and empty if there is none. */
struct tally_row *tally_row(struct tally *tally, const char *path, size_t length);

/* Counts those bits of WHAT that are columns and to be counted, in PATH's row, if there are any. */
void tally_add(struct tally *tally, const char *path, size_t length, uint64_t what);

/* NANOSECONDS (more than 0) have passed since the last sample or the opening: sets the rates. */
void tally_sample(struct tally *tally, int64_t nanoseconds);

/*
 * All rows in order; equal ones by rank, then by path. An array of tally->count, free(3) it;
 * the rows live until the tally is closed or trimmed.
 */
struct tally_row **tally_sorted(const struct tally *tally, struct tally_order order);

/*
 * The first rows in ORDER that have any event, MOST at most, into ROWS: returns how many. Quick
 * where MOST is small.
 */
size_t tally_top(const struct tally *tally, struct tally_order order, struct tally_row **rows,
		 size_t most);

/* Forgets all rows but the MOST first ones in ORDER; the sums keep what was counted in them. */
void tally_trim(struct tally *tally, size_t most, struct tally_order order);

void tally_close(struct tally *tally);

#endif
