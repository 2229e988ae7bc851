/* SPDX-License-Identifier: MIT */
/* A page of what is busiest now: rates, totals, bars. It is a function of numbers, drawn by others. */
#ifndef BUTTER_LIVE_H
#define BUTTER_LIVE_H

#include "cli/buffer.h"
#include "event/tally.h"

struct live {
	const struct tally *watched, *files; /* counts of watched objects; of the files in them */
	size_t watches;
	int64_t elapsed; /* nanoseconds since counting began */
	bool colours;
};

/* Appends the page: at most LINES lines of COLUMNS characters, with newlines between them. */
void live_page(struct buffer *page, const struct live *live, size_t columns, size_t lines);

#endif
