/* SPDX-License-Identifier: MIT */
#include "event/table.h"

#include <inttypes.h>
#include <stdlib.h>

#include "cli/csv.h"
#include "cli/escape.h"
#include "cli/json.h"
#include "memory.h"

const char *const table_titles[TABLE_KINDS] = { "filename", "filename", "process", "folder",
						"file" };

/* JSON's "kind". */
static const char *const kinds[TABLE_KINDS] = { NULL, NULL, "process", "folder", "file" };

/* The path of the row for all that no other row shows: no process and no path begins like this. */
static const char others[] = "(others)";

/* Whether the column is shown. */
static bool
has_column(const struct table *table, const struct tally *tally, size_t column)
{
	return table->style != TABLE_TEXT || table->zero || tally->counts[column];
}

static void
text_head(struct buffer *line, const struct table *table, const struct tally *tally)
{
	buffer_text(line, "total  ");
	for (size_t i = 0; i < tally->column_count; i++)
		if (has_column(table, tally, i))
			buffer_print(line, "%s  ", tally->columns[i]->name);
	buffer_print(line, "%s\n", table_titles[table->kind]);
}

/* NUMBER and a MARK, left in a column WIDTH wide, and the gap after it. */
static void
cell(struct buffer *line, size_t width, uint64_t number, const char *mark)
{
	size_t start = line->length;

	buffer_print(line, "%" PRIu64 "%s", number, mark);
	while (line->length - start < width)
		buffer_byte(line, ' ');
	buffer_text(line, "  ");
}

static void
text_row(struct buffer *line, const struct table *table, const struct tally *tally,
	 const struct tally_row *row)
{
	cell(line, strlen("total"), row->total, tally->incomplete ? "+" : "");
	for (size_t i = 0; i < tally->column_count; i++)
		if (has_column(table, tally, i))
			cell(line, strlen(tally->columns[i]->name), row->counts[i], "");
	escape_text(line, row->path, row->length, ESCAPE_BUT_BACKSLASH);
	buffer_byte(line, '\n');
}

static void
csv_head(struct buffer *line, const struct table *table, const struct tally *tally)
{
	buffer_text(line, tally->incomplete ? "total_incomplete" : "total");
	for (size_t i = 0; i < tally->column_count; i++)
		if (has_column(table, tally, i))
			buffer_print(line, ",%s", tally->columns[i]->name);
	buffer_print(line, ",%s\n", table_titles[table->kind]);
}

static void
csv_row(struct buffer *line, const struct table *table, const struct tally *tally,
	const struct tally_row *row)
{
	buffer_print(line, "%" PRIu64 ",", row->total);
	for (size_t i = 0; i < tally->column_count; i++)
		if (has_column(table, tally, i))
			buffer_print(line, "%" PRIu64 ",", row->counts[i]);
	csv_field(line, row->path, row->length);
	buffer_byte(line, '\n');
}

/* The number before the first blank, and what follows that. */
static void
json_process(struct buffer *line, const struct tally_row *row)
{
	const char *blank = memchr(row->path, ' ', row->length);
	uint64_t pid = 0;

	for (const char *at = row->path; *at >= '0' && *at <= '9'; at++)
		pid = pid * 10 + (unsigned char)(*at - '0');
	json_number(line, "pid", (int64_t)pid);
	if (blank)
		json_bytes(line, "comm", blank + 1, row->length - (size_t)(blank + 1 - row->path));
}

static void
json_object(struct buffer *line, const struct table *table, const struct tally_row *row)
{
	if (kinds[table->kind])
		json_word(line, "kind", kinds[table->kind]);
	if (row->path == others)
		json_true(line, "others");
	else if (table->kind == TABLE_PROCESSES)
		json_process(line, row);
	else
		json_bytes(line, "path", row->path, row->length);
}

static void
json_row(struct buffer *line, const struct table *table, const struct tally *tally,
	 const struct tally_row *row)
{
	json_begin(line);
	json_seconds(line, "time", table->time);
	json_object(line, table, row);
	json_number(line, "total", (int64_t)row->total);
	for (size_t i = 0; i < tally->column_count; i++)
		if (has_column(table, tally, i))
			json_number(line, tally->columns[i]->name, (int64_t)row->counts[i]);
	if (tally->incomplete)
		json_true(line, "incomplete");
	json_end(line);
	buffer_byte(line, '\n');
}

static void
print_head(struct buffer *line, const struct table *table, const struct tally *tally)
{
	switch (table->style) {
	case TABLE_TEXT:
		text_head(line, table, tally);
		break;
	case TABLE_CSV:
		csv_head(line, table, tally);
		break;
	case TABLE_JSON:
		break;
	}
}

static void
print_row(struct buffer *line, const struct table *table, const struct tally *tally,
	  const struct tally_row *row)
{
	switch (table->style) {
	case TABLE_TEXT:
		text_row(line, table, tally, row);
		break;
	case TABLE_CSV:
		csv_row(line, table, tally, row);
		break;
	case TABLE_JSON:
		json_row(line, table, tally, row);
		break;
	}
}

/* What the sums have and the COUNT rows do not. */
static void
print_others(struct record *output, const struct table *table, const struct tally *tally,
	     struct tally_row *const *rows, size_t count)
{
	size_t size = tally->column_count * sizeof(uint64_t);
	struct tally_row *row = memory_get(sizeof(*row) + size);

	row->path = others;
	row->length = strlen(others);
	row->total = tally->total;
	memcpy(row->counts, tally->counts, size);
	for (size_t i = 0; i < count; i++) {
		row->total -= rows[i]->total;
		for (size_t j = 0; j < tally->column_count; j++)
			row->counts[j] -= rows[i]->counts[j];
	}
	if (row->total) {
		print_row(record_begin(output), table, tally, row);
		record_end(output);
	}
	free(row);
}

void
table_print(struct record *output, const struct table *table, const struct tally *tally)
{
	struct tally_row **rows = tally_sorted(tally, table->order);
	size_t count = table->most && table->most < tally->count ? table->most : tally->count;

	print_head(record_begin(output), table, tally);
	record_end(output);
	for (size_t i = 0; i < count; i++) {
		if (!rows[i]->total && !table->zero)
			continue;
		print_row(record_begin(output), table, tally, rows[i]);
		record_end(output);
	}
	print_others(output, table, tally, rows, count);
	free(rows);
}
