/* SPDX-License-Identifier: MIT */
#include "event/table.h"

#include <inttypes.h>
#include <stdlib.h>

#include "cli/csv.h"
#include "cli/escape.h"
#include "cli/json.h"

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
	buffer_text(line, "filename\n");
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
	buffer_text(line, ",filename\n");
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

static void
json_row(struct buffer *line, const struct table *table, const struct tally *tally,
	 const struct tally_row *row)
{
	json_begin(line);
	json_seconds(line, "time", table->time);
	json_bytes(line, "path", row->path, row->length);
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

void
table_print(struct record *output, const struct table *table, const struct tally *tally)
{
	struct tally_row **rows = tally_sorted(tally, table->order);

	print_head(record_begin(output), table, tally);
	record_end(output);
	for (size_t i = 0; i < tally->count; i++) {
		if (!rows[i]->total && !table->zero)
			continue;
		print_row(record_begin(output), table, tally, rows[i]);
		record_end(output);
	}
	free(rows);
}
