/* SPDX-License-Identifier: MIT */
#include "cli/usage.h"

#include <stdio.h>

#include "applet.h"
#include "cli/out.h"

/* Lines break before this column. */
enum { WIDTH = 80 };

/* Adds a piece of the usage line, on a new line where it would pass the width. */
static void
add_piece(struct buffer *buffer, size_t *column, const char *piece)
{
	size_t length = strlen(piece);

	if (*column + 1 + length >= WIDTH) {
		buffer_text(buffer, "\n           ");
		*column = 11;
	}
	buffer_byte(buffer, ' ');
	buffer_text(buffer, piece);
	*column += 1 + length;
}

/* Letters without an argument, in the alphabet's order; -h and -V go without saying. */
static void
add_bundle(struct buffer *buffer, size_t *column, const struct opt_table *table)
{
	char bundle[64], piece[sizeof(bundle) + 4];
	size_t flags = 0;

	for (int letter = 1; letter < 128; letter++)
		for (size_t i = 0; i < table->count; i++) {
			const struct opt *row = &table->rows[i];

			if (row->letter == letter && !row->argument && row->kind < OPT_HELP)
				bundle[flags++] = row->letter;
		}
	bundle[flags] = '\0';
	if (flags) {
		snprintf(piece, sizeof(piece), "[-%s]", bundle);
		add_piece(buffer, column, piece);
	}
}

/* What follows the name of ROW: " MODE", or "[=MODE]" where that may be left out. */
static const char *
argument_of(const struct opt *row, char *space, size_t size)
{
	snprintf(space, size, "%s%s%s",
		 row->otherwise  ? "[="
		 : row->argument ? " "
				 : "",
		 row->argument ? row->argument : "", row->otherwise ? "]" : "");
	return space;
}

/*
 * The usage line as the man page's SYNOPSIS shows it, in style(9)'s order: letters without an argument
 * in one bundle, letters with one, then what has a long name only, operands, the command.
 */
static void
add_usage(struct buffer *buffer, const struct opt_table *table)
{
	const struct applet *applet = table->applet;
	const struct opt *end = table->rows + table->count, *row;
	size_t column = strlen("usage: butter ") + (applet->name ? strlen(applet->name) : 0);
	char piece[128], argument[64];

	buffer_print(buffer, "usage: butter%s%s", applet->name ? " " : "",
		     applet->name ? applet->name : "");
	add_bundle(buffer, &column, table);
	for (row = table->rows; row < end; row++)
		if (row->letter && row->argument) {
			snprintf(piece, sizeof(piece),
				 row->is_bundled  ? "[-%c[=%s]]"
				 : row->otherwise ? "[-%c[%s]]"
						  : "[-%c %s]",
				 row->letter, row->argument);
			add_piece(buffer, &column, piece);
		}
	for (row = table->rows; row < end; row++)
		if (!row->letter && row->name && row->kind < OPT_HELP) {
			snprintf(piece, sizeof(piece), "[--%s%s]", row->name,
				 argument_of(row, argument, sizeof(argument)));
			add_piece(buffer, &column, piece);
		}
	if (applet->operands)
		add_piece(buffer, &column, applet->operands);
	for (row = table->rows; row < end; row++)
		if (row->kind == OPT_COMMAND)
			add_piece(buffer, &column, "[-- COMMAND [ARG ...]]");
}

/* "-t, --timeout DURATION", as --help shows it. */
static void
add_left(struct buffer *buffer, const struct opt *row)
{
	char argument[64];

	if (row->letter)
		buffer_print(buffer, "  -%c%s", row->letter, row->name ? ", " : "");
	else
		buffer_text(buffer, "      ");
	if (row->name)
		buffer_print(buffer, "--%s", row->name);
	buffer_text(buffer, argument_of(row, argument, sizeof(argument)));
}

static void
add_option(struct buffer *buffer, const struct opt *row)
{
	enum { HELP_COLUMN = 30 };
	size_t start = buffer->length;

	add_left(buffer, row);
	if (buffer->length - start > HELP_COLUMN - 2) {
		buffer_byte(buffer, '\n');
		start = buffer->length;
	}
	while (buffer->length - start < HELP_COLUMN)
		buffer_byte(buffer, ' ');
	buffer_print(buffer, "%s\n", row->help);
}

/* "EVENT: access, modify, ..." below the options, for each that takes names. */
static void
add_names_of(struct buffer *buffer, const struct opt *row)
{
	size_t column = strlen(row->argument) + 1;

	buffer_print(buffer, "%s:", row->argument);
	for (const struct name *name = row->names; *name->name; name++) {
		if (column + strlen(name->name) + 1 >= WIDTH) {
			buffer_text(buffer, "\n   ");
			column = 3;
		}
		buffer_print(buffer, " %s", name->name);
		column += strlen(name->name) + 1;
	}
	buffer_byte(buffer, '\n');
}

/* Whether no row before ROW takes the same names: they are listed once. */
static bool
is_first_of_its_names(const struct opt_table *table, const struct opt *row)
{
	const struct opt *other = table->rows;

	while (other->names != row->names)
		other++;
	return other == row;
}

void
usage_help(const struct opt_table *table)
{
	const struct applet *applet = table->applet;
	const struct opt *end = table->rows + table->count, *row;
	struct buffer text = { 0 };

	add_usage(&text, table);
	buffer_print(&text, "\n\n%s.\n\n", applet->summary);
	for (row = table->rows; row < end; row++)
		if (row->kind != OPT_COMMAND)
			add_option(&text, row);
	buffer_byte(&text, '\n');
	for (row = table->rows; row < end; row++)
		if (row->names && is_first_of_its_names(table, row))
			add_names_of(&text, row);
	buffer_print(&text, "Exit status and examples: man butter%s%s\n", applet->name ? "-" : "",
		     applet->name ? applet->name : "");
	out_add(text.data, text.length);
	buffer_done(&text);
}

/* All but the first column of usage_list. */
static void
print_rest(const struct opt *row)
{
	const char *before = "\t";
	char argument[64];

	argument_of(row, argument, sizeof(argument));
	out_print("\t%s\t%s", argument + (*argument == ' '), row->help);
	for (const struct name *name = row->names; name && *name->name; name++) {
		out_print("%s%s", before, name->name);
		before = row->kind == OPT_NAMES ? "," : "|";
	}
	out_print("\n");
}

void
usage_list(const struct opt_table *table)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct opt *row = &table->rows[i];

		if (row->name) {
			out_print("--%s", row->name);
			print_rest(row);
		}
		if (row->letter) {
			out_print("-%c", row->letter);
			print_rest(row);
		}
	}
}
