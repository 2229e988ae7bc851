/* SPDX-License-Identifier: MIT */
#include "event/live.h"

#include <inttypes.h>
#include <stdlib.h>

#include "cli/escape.h"
#include "cli/num.h"
#include "memory.h"

enum {
	NUMBER = 9,         /* columns of a rate or a total, without the gap after it */
	GAP = 2,            /* blanks between columns */
	LEAST_BAR = 4,      /* columns */
	MOST_BAR = 24,      /* columns */
	BAR_COLUMNS = 48,   /* narrower pages have no bars */
	TOTAL_COLUMNS = 40, /* nor, if they are narrower than this, totals */
	SECTION_LINES = 4,  /* for each section, or the last one is left out */
};

static const struct tally_order busiest = { .by = TALLY_RATE };

/* Escape sequences around what has a colour. */
static void
colour(struct buffer *page, const struct live *live, const char *sequence)
{
	if (live->colours)
		buffer_text(page, sequence);
}

/* Appends TEXT, plain ASCII, cut to COLUMNS. */
static void
add_cut(struct buffer *page, const struct buffer *text, size_t columns)
{
	buffer_add(page, text->data, text->length < columns ? text->length : columns);
}

static void
add_summary(struct buffer *page, const struct live *live, size_t columns)
{
	char elapsed[NUM_DURATION_SIZE];
	size_t length = num_format_duration(elapsed, live->elapsed) - strlen(".000s");
	struct buffer line = { 0 };

	buffer_print(&line, "%.*ss  %" PRIu64 "%s events  %.1f/s", (int)length, elapsed,
		     live->sums->total, live->sums->incomplete ? "+" : "", live->sums->rate);
	if (live->watches)
		buffer_print(&line, "  %zu watches", live->watches);
	if (live->sums->incomplete)
		buffer_text(&line, "  events were lost");
	colour(page, live, live->sums->incomplete ? "\033[1;31m" : "\033[1m");
	add_cut(page, &line, columns);
	colour(page, live, "\033[0m");
	buffer_done(&line);
}

static size_t
bar_width(size_t columns)
{
	size_t width = columns < BAR_COLUMNS ? 0 : columns / 4;

	return width > MOST_BAR ? MOST_BAR : width && width < LEAST_BAR ? LEAST_BAR : width;
}

static void
add_title(struct buffer *page, const struct live *live, const char *title, size_t columns)
{
	size_t bar = bar_width(columns);
	struct buffer line = { 0 };

	buffer_print(&line, "%*s", NUMBER, "rate");
	if (columns >= TOTAL_COLUMNS)
		buffer_print(&line, "%*s", GAP + NUMBER, "total");
	buffer_print(&line, "%*s%s", (int)(bar ? GAP + bar + GAP : GAP), "", title);
	colour(page, live, "\033[1m");
	add_cut(page, &line, columns);
	colour(page, live, "\033[0m");
	buffer_done(&line);
}

/* The length in characters of LENGTH bytes of UTF-8. */
static size_t
characters(const char *text, size_t length)
{
	size_t count = 0;

	for (size_t i = 0; i < length; i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	return count;
}

/* The end of PATH says most: what does not fit is left out in front. */
static void
add_path(struct buffer *page, const struct tally_row *row, size_t columns)
{
	static const char cut[] = "...";
	struct buffer path = { 0 };
	size_t start = 0, length, room = columns;

	escape_text(&path, row->path, row->length, ESCAPE_BUT_BACKSLASH);
	length = characters(path.data, path.length);
	if (length > columns) {
		if (columns > strlen(cut)) {
			buffer_text(page, cut);
			room -= strlen(cut);
		}
		for (; length > room; length--)
			do
				start++;
			while (start < path.length
			       && ((unsigned char)path.data[start] & 0xc0) == 0x80);
	}
	buffer_add(page, path.data + start, path.length - start);
	buffer_done(&path);
}

static void
add_bar(struct buffer *page, const struct live *live, double part, size_t width)
{
	size_t filled = (size_t)(part * (double)width + 0.5);

	colour(page, live, "\033[32m");
	for (size_t i = 0; i < width; i++)
		buffer_byte(page, i < filled ? '#' : ' ');
	colour(page, live, "\033[0m");
	for (size_t i = 0; i < GAP; i++)
		buffer_byte(page, ' ');
}

static void
add_row(struct buffer *page, const struct live *live, const struct tally_row *row, double most,
	size_t columns)
{
	struct buffer numbers = { 0 };
	size_t bar = bar_width(columns), used;

	buffer_print(&numbers, "%*.1f", NUMBER, row->rate);
	if (columns >= TOTAL_COLUMNS)
		buffer_print(&numbers, "%*" PRIu64, GAP + NUMBER, row->total);
	buffer_print(&numbers, "%*s", GAP, "");
	add_cut(page, &numbers, columns);
	used = numbers.length + (bar ? bar + GAP : 0);
	buffer_done(&numbers);
	if (bar)
		add_bar(page, live, most > 0 ? row->rate / most : 0, bar);
	if (used < columns)
		add_path(page, row, columns - used);
}

/* The first COUNT of ROWS, on as many lines, after their title. */
static void
add_section(struct buffer *page, const struct live *live, const char *title,
	    struct tally_row *const *rows, size_t count, size_t columns)
{
	buffer_byte(page, '\n');
	add_title(page, live, title, columns);
	for (size_t i = 0; i < count; i++) {
		buffer_byte(page, '\n');
		add_row(page, live, rows[i], rows[0]->rate, columns);
	}
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * COUNTS says how many rows each of COUNT sections has, then how many are shown: ROOM in all, an equal
 * share for each, and what one does not need is the others', the first one's first.
 */
static void
share_out(size_t *counts, size_t count, size_t room)
{
	size_t share = count ? room / count : 0;

	for (size_t i = 0; i < count; i++) {
		size_t reserved = 0;

		for (size_t j = i + 1; j < count; j++)
			reserved += least(counts[j], share);
		counts[i] = least(counts[i], room - reserved);
		room -= counts[i];
	}
}

void
live_page(struct buffer *page, const struct live *live, size_t columns, size_t lines)
{
	struct tally_row **rows[LIVE_SECTIONS];
	size_t counts[LIVE_SECTIONS], sections = live->count, room;

	while (sections > 1 && lines < sections * SECTION_LINES)
		sections--;
	/* Summary, titles, empty lines between. */
	room = lines - least(lines, 2 * sections);
	for (size_t i = 0; i < sections; i++) {
		rows[i] = memory_get(lines * sizeof(struct tally_row *));
		counts[i] = tally_top(live->sections[i].tally, busiest, rows[i], room);
	}
	share_out(counts, sections, room);
	add_summary(page, live, columns);
	for (size_t i = 0; i < sections; i++) {
		if (i)
			buffer_byte(page, '\n');
		if (lines > 1)
			add_section(page, live, live->sections[i].title, rows[i], counts[i],
				    columns);
		free(rows[i]);
	}
}
