/* SPDX-License-Identifier: MIT */
/* A tally as records: the one place that knows how people read it. */
#ifndef BUTTER_TABLE_H
#define BUTTER_TABLE_H

#include "cli/record.h"
#include "event/tally.h"

enum table_style {
	TABLE_TEXT, /* columns as inotifywatch prints them; an incomplete total is `8+` */
	TABLE_CSV,  /* the same by RFC 4180, all columns; the first is `total_incomplete` then */
	TABLE_JSON, /* an object for each row, all columns; "incomplete":true then */
};

/* What a row is about. */
enum table_kind {
	TABLE_WATCHED,   /* something that was named to be watched, or a folder below it */
	TABLE_OBJECTS,   /* any file or folder */
	TABLE_PROCESSES, /* `PID COMM`, or `PID` alone */
	TABLE_FOLDERS,
	TABLE_FILES,
	TABLE_KINDS,
};

/* The title of such a column. */
extern const char *const table_titles[TABLE_KINDS];

struct table {
	enum table_style style;
	enum table_kind kind; /* TABLE_JSON says it as "kind", unless it is one of the first two */
	struct tally_order order;
	size_t most; /* rows at most; 0: all */
	bool zero;   /* also rows and, in TABLE_TEXT, columns without any event */
	int64_t time; /* of the counts, in all rows of TABLE_JSON: realtime, nanoseconds since 1970 */
};

/*
 * Adds TALLY to OUTPUT, a record for each line. What the sums have and none of the rows shown, because
 * there are too many or the tally was trimmed, is a last row: `(others)`, in TABLE_JSON "others":true.
 */
void table_print(struct record *output, const struct table *table, const struct tally *tally);

#endif
