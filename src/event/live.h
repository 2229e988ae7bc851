/* SPDX-License-Identifier: MIT */
/* A page of what is busiest now: rates, totals, bars. It is a function of numbers, drawn by others. */
#ifndef BUTTER_LIVE_H
#define BUTTER_LIVE_H

#include "cli/buffer.h"
#include "event/tally.h"

enum { LIVE_SECTIONS = 3 };

/* A list of what is busiest in it, under a title. */
struct live_section {
	const char *title;
	const struct tally *tally;
};

struct live {
	struct live_section sections[LIVE_SECTIONS];
	size_t count;             /* of them; at least one */
	const struct tally *sums; /* of all that was counted */
	size_t watches;           /* 0: not told */
	int64_t elapsed;          /* nanoseconds since counting began */
	bool colours;
};

/*
 * Appends the page: at most LINES lines of COLUMNS characters, with newlines between them. Where there is
 * no room for all sections, the last ones are missing.
 */
void live_page(struct buffer *page, const struct live *live, size_t columns, size_t lines);

#endif
