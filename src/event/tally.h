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

/* The most columns that a tally has; further ones are not counted. */
enum { TALLY_COLUMNS = 24 };

/* What rows can be sorted by, beside the bit of a column. */
#define TALLY_TOTAL (UINT64_C(1) << 62) /* of all columns */
#define TALLY_RATE (UINT64_C(1) << 63)  /* of late; then the total */

struct tally_row {
	SLIST_ENTRY(tally_row) same_path; /* chain of the index */
	uint64_t total;
	uint64_t recent;  /* events since the last sample */
	double rate;      /* events a second before it */
	size_t rank;      /* among rows of equal counts the smaller is first; SIZE_MAX unless set */
	const char *path; /* a NUL ends it */
	size_t length;
	uint64_t counts[]; /* one for each column */
};

SLIST_HEAD(tally_chain, tally_row);

struct tally {
	const struct name *columns[TALLY_COLUMNS]; /* a bit each */
	size_t column_count;
	uint64_t events; /* their bits: those that are counted */
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

/*
 * An empty tally: of the rows of NAMES, which live as long, those that are one bit, and that bit one of
 * EVENTS, are its columns, in that order.
 */
void tally_open(struct tally *tally, const struct name *names, uint64_t events);

/* The row of PATH, new and empty if there is none. */
struct tally_row *tally_row(struct tally *tally, const char *path, size_t length);

/*
 * Counts those bits of WHAT that are columns, in PATH's row and in the sums, if there are any. PATH NULL:
 * in the sums alone.
 */
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

/*
 * Forgets all rows but the BUSIEST first ones by what has happened since the sample before the last, and,
 * of the others, the GREATEST first ones by their totals. The sums keep what was counted in them.
 */
void tally_trim(struct tally *tally, size_t busiest, size_t greatest);

void tally_close(struct tally *tally);

#endif
