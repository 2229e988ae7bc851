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

struct table {
	enum table_style style;
	struct tally_order order;
	bool zero;    /* also rows and, in TABLE_TEXT, columns without any event */
	int64_t time; /* of the counts, in all rows of TABLE_JSON: realtime, nanoseconds since 1970 */
};

/* Adds TALLY to OUTPUT, a record for each line. */
void table_print(struct record *output, const struct table *table, const struct tally *tally);

#endif
