/* SPDX-License-Identifier: MIT */
/*
 * Counts: whatever happens to whatever path, sums are sums, the first rows are the first rows, a table has a line
 * for each row, and the page fits. Input: COLUMNS LINES, a byte each, then (EVENT, a byte, PATH NUL) as often as it goes.
 */
#include "fuzz.h"

#include "cli/escape.h"
#include "event/live.h"
#include "event/table.h"
#include "kernel/inotify.h"

static void
count(struct tally *tally, const uint8_t *data, size_t size)
{
	while (size) {
		const char *path = (const char *)data + 1;
		size_t length = strnlen(path, size - 1);

		tally_add(tally, path, length, UINT64_C(1) << data[0] % 16);
		if (data[0] & 0x80)
			tally_sample(tally, INT64_C(1000000) * (data[0] + 1));
		length += length < size - 1;
		data += 1 + length;
		size -= 1 + length;
	}
}

static void
check_order(const struct tally *tally, struct tally_order order)
{
	struct tally_row **rows = tally_sorted(tally, order), *top[5];
	size_t found = tally_top(tally, order, top, 5);
	uint64_t total = 0;

	for (size_t i = 0; i < tally->count; i++)
		total += rows[i]->total;
	MUST(total == tally->total);
	MUST(found == (tally->count < 5 ? tally->count : 5));
	for (size_t i = 0; i < found; i++)
		MUST(top[i] == rows[i]);
	free(rows);
}

/* The busiest and then the greatest stay, and so do the sums. */
static void
check_trimmed(struct tally *tally)
{
	struct tally_row **rows = tally_sorted(tally, (struct tally_order){ .by = TALLY_TOTAL });
	struct tally_row *first = tally->count ? rows[0] : NULL, *top;
	uint64_t total = tally->total;
	size_t count = tally->count;

	free(rows);
	tally_trim(tally, 2, 1);
	MUST(tally->count == (count < 3 ? count : 3));
	MUST(tally->total == total);
	MUST(!count || tally_top(tally, (struct tally_order){ .by = TALLY_TOTAL }, &top, 1) == 1);
	MUST(!count || top == first);
	tally_add(tally, NULL, 0, IN_OPEN);
	MUST(tally->total == total + 1);
}

static size_t
count_bytes(const struct buffer *bytes, char byte)
{
	size_t found = 0;

	for (size_t i = 0; i < bytes->length; i++)
		found += bytes->data[i] == byte;
	return found;
}

static void
check_tables(const struct tally *tally)
{
	for (int form = 0; form < TABLE_KINDS * (TABLE_JSON + 1); form++) {
		enum table_style style = (enum table_style)(form / TABLE_KINDS);
		struct table table = { .style = style,
				       .kind = (enum table_kind)(form % TABLE_KINDS),
				       .order = { .by = TALLY_TOTAL } };
		struct record output;

		record_open(&output, -1, SIZE_MAX);
		table_print(&output, &table, tally);
		MUST(output.ends.length / sizeof(uint32_t) == tally->count + (style != TABLE_JSON));
		if (style != TABLE_CSV) {
			MUST(count_bytes(&output.queue, '\n')
			     == tally->count + (style != TABLE_JSON));
			MUST(escape_is_utf8(output.queue.data, output.queue.length));
		}
		record_done(&output);
	}
}

static void
check_page(const struct tally *tally, size_t columns, size_t lines)
{
	struct live live = {
		.sections = { { "process", tally }, { "folder", tally }, { "file", tally } },
		.count = 1 + columns % LIVE_SECTIONS,
		.sums = tally
	};
	struct buffer page = { 0 };
	size_t line = 1, column = 0;

	live_page(&page, &live, columns, lines);
	for (size_t i = 0; i < page.length; i++) {
		unsigned char byte = (unsigned char)page.data[i];

		line += byte == '\n';
		column = byte == '\n' ? 0 : column + ((byte & 0xc0) != 0x80);
		MUST(column <= columns && line <= lines);
	}
	MUST(escape_is_utf8(page.data, page.length));
	buffer_done(&page);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tally tally;

	if (size < 2)
		return 0;
	tally_open(&tally, inotify_names, IN_ALL_EVENTS);
	count(&tally, data + 2, size - 2);
	check_order(&tally, (struct tally_order){ .by = TALLY_TOTAL });
	check_order(&tally, (struct tally_order){ .by = TALLY_RATE });
	check_order(&tally, (struct tally_order){ .by = IN_OPEN, .ascending = true });
	check_tables(&tally);
	check_page(&tally, data[0] + 1, data[1] + 1);
	check_trimmed(&tally);
	tally_row(&tally, "again", 5);
	tally_close(&tally);
	return 0;
}
