/* SPDX-License-Identifier: MIT */
#include "cli/opt.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "applet.h"
#include "cli/num.h"
#include "cli/out.h"
#include "cli/say.h"
#include "memory.h"

/* getopt_long's values for rows: their place in the table, out of the way of letters. */
enum { FIRST_ROW = 256 };

/* The usage line breaks before this column. */
enum { WIDTH = 80 };

static const struct opt common[] = {
	{ OPT_HELP, 'h', "help", NULL, NULL, "print this help" },
	{ OPT_VERSION, 'V', "version", NULL, NULL, "print the version" },
	OPT_END,
};

static const struct opt *
rows_of(const struct applet *applet)
{
	static const struct opt none[] = { OPT_END };

	return applet->options ? applet->options : none;
}

static bool
uses_letter(const struct applet *applet, char letter)
{
	for (const struct opt *row = rows_of(applet); row->kind; row++)
		if (row->letter == letter)
			return true;
	return false;
}

/* The letter under which ROW can be typed: a common option steps back before the applet's own. */
static char
letter_of(const struct applet *applet, const struct opt *row)
{
	bool is_common = row->kind == OPT_HELP || row->kind == OPT_VERSION;

	return is_common && uses_letter(applet, row->letter) ? '\0' : row->letter;
}

/* The applet's rows, then the common ones; NULL after the last. */
static const struct opt *
row_at(const struct applet *applet, size_t index)
{
	const struct opt *row = rows_of(applet);

	while (row->kind && index) {
		row++;
		index--;
	}
	if (row->kind)
		return row;
	return index < 2 ? &common[index] : NULL;
}

/* ---- parsing ---- */

/* Tells that the table of ROW does not have the first LENGTH bytes of NAME, and what may have been meant. */
static bool
refuse_name(const struct opt *row, const char *shown, const char *name, size_t length)
{
	char *word = memory_string(name);
	const char *nearest = NULL;

	word[length] = '\0';
	for (const struct name *known = row->names; known->name; known++)
		names_nearer(word, known->name, &nearest);
	if (nearest)
		misuse("%s: unknown name '%s', did you mean '%s'?", shown, word, nearest);
	else
		misuse("%s: unknown name '%s'", shown, word);
	free(word);
	return false;
}

/* The bits of all names in the comma list. */
static bool
add_names(const struct opt *row, const char *shown, const char *list)
{
	for (;;) {
		size_t length = strcspn(list, ",");
		uint64_t bits;

		if (!names_find(row->names, list, length, &bits))
			return refuse_name(row, shown, list, length);
		*(uint64_t *)row->value |= bits;
		if (!list[length])
			return true;
		list += length + 1;
	}
}

static bool
refuse_number(const struct opt *row, const char *shown, const char *text)
{
	bool range = errno == ERANGE;

	switch (row->kind) {
	case OPT_INTEGER:
		misuse("%s: '%s' is not a whole number from %" PRId64 " to %" PRId64, shown, text,
		       row->low, row->high);
		break;
	case OPT_DURATION:
		misuse("%s: '%s' %s", shown, text, num_not_duration(errno));
		break;
	case OPT_SIZE:
		misuse(range ? "%s: '%s' is too large"
			     : "%s: '%s' is not a size such as 4096, 64K or 1M",
		       shown, text);
		break;
	default:
		misuse("%s: '%s' is not an open descriptor", shown, text);
	}
	return false;
}

/* Whether the size that ROW has been given is one that it takes; else errno says that it is not. */
static bool
is_in_range(const struct opt *row)
{
	errno = ERANGE;
	return !row->high || *(const uint64_t *)row->value <= (uint64_t)row->high;
}

/* Puts TEXT, the argument of ROW, where the row says; on failure a message has been printed. */
static bool
store(const struct opt *row, const char *shown, const char *text)
{
	struct opt_list *list = row->value;
	int64_t number;

	switch (row->kind) {
	case OPT_FLAG:
		*(bool *)row->value = true;
		return true;
	case OPT_COUNT:
		++*(int *)row->value;
		return true;
	case OPT_SET:
		*(uint64_t *)row->value = (uint64_t)row->low;
		return true;
	case OPT_STRING:
		*(const char **)row->value = text;
		return true;
	case OPT_INTEGER:
		return num_integer(text, row->low, row->high, row->value) == 0
		       || refuse_number(row, shown, text);
	case OPT_DURATION:
		if (num_duration(text, &number) < 0)
			return refuse_number(row, shown, text);
		if (number < row->low)
			return misuse("%s must be longer than 0", shown), false;
		*(int64_t *)row->value = number;
		return true;
	case OPT_SIZE:
		return (num_size(text, row->value) == 0 && is_in_range(row))
		       || refuse_number(row, shown, text);
	case OPT_FD:
		if (num_integer(text, 0, INT_MAX, &number) < 0 || fcntl((int)number, F_GETFD) < 0)
			return refuse_number(row, shown, text);
		*(int *)row->value = (int)number;
		return true;
	case OPT_LIST:
		list->items = memory_resize(list->items, list->count + 1, sizeof(*list->items));
		list->items[list->count++] = (struct opt_item){ row, text };
		return true;
	case OPT_NAMES:
		return add_names(row, shown, text);
	case OPT_CHOICE:
		return names_find(row->names, text, strlen(text), row->value)
		       || refuse_name(row, shown, text, strlen(text));
	default:
		return false;
	}
}

/* One letter or long name as the user knows it, for messages. */
static const char *
shown_as(const struct applet *applet, const struct opt *row, char *space, size_t size)
{
	if (row->name)
		snprintf(space, size, "--%s", row->name);
	else
		snprintf(space, size, "-%c", letter_of(applet, row));
	return space;
}

/* WORD, "--name" or "--name=argument", is no option: which one may have been meant? */
static void
refuse_long(const struct applet *applet, const char *word)
{
	const char *nearest = NULL;
	const struct opt *row;
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
	for (size_t i = 0; (row = row_at(applet, i)); i++)
		if (row->name)
			names_nearer(name, row->name, &nearest);
	if (nearest)
		misuse("unknown option '--%s', did you mean '--%s'?", name, nearest);
	else
		misuse("unknown or ambiguous option '--%s'", name);
}

/* getopt has returned VALUE, ':' or '?', for the word before optind; optopt is the letter or the row. */
static enum opt_result
refuse_option(const struct applet *applet, char **argv, int value)
{
	const char *word = argv[optind - 1];
	bool is_letter = optopt && optopt < FIRST_ROW;

	if (value == ':' && is_letter)
		misuse("-%c needs an argument", optopt);
	else if (value == ':')
		misuse("%s needs an argument", word);
	else if (is_letter)
		misuse("unknown option '-%c'", optopt);
	else if (optopt)
		misuse("%.*s takes no argument", (int)strcspn(word, "="), word);
	else
		refuse_long(applet, word);
	return OPT_BAD;
}

/* Fills getopt's two tables from ours. */
static void
describe(const struct applet *applet, struct buffer *letters, struct option *longs)
{
	const struct opt *row;

	if (applet->wrapper)
		buffer_byte(letters, '+');
	buffer_byte(letters, ':');
	for (size_t i = 0; (row = row_at(applet, i)); i++) {
		char letter = letter_of(applet, row);

		if (letter) {
			buffer_byte(letters, letter);
			if (row->argument)
				buffer_byte(letters, ':');
		}
		if (row->name)
			*longs++ = (struct option){ row->name,
						    row->argument ? required_argument : no_argument,
						    NULL, FIRST_ROW + (int)i };
	}
	*longs = (struct option){ 0 };
	buffer_string(letters);
}

static const struct opt *
row_of_value(const struct applet *applet, int value)
{
	const struct opt *row;

	if (value >= FIRST_ROW)
		return row_at(applet, (size_t)(value - FIRST_ROW));
	for (size_t i = 0; (row = row_at(applet, i)); i++)
		if (letter_of(applet, row) == value)
			return row;
	return NULL;
}

/* Cuts ARGV at the first `--` where the table has an OPT_COMMAND; returns what is left of argc. */
static int
take_command(const struct applet *applet, int argc, char **argv)
{
	for (const struct opt *row = rows_of(applet); row->kind; row++) {
		if (row->kind != OPT_COMMAND)
			continue;
		for (int i = 1; i < argc; i++)
			if (!strcmp(argv[i], "--")) {
				argv[i] = NULL;
				*(char ***)row->value = argv + i + 1;
				return i;
			}
	}
	return argc;
}

/* "-t, --timeout DURATION", as --help shows it. */
static void
add_left(struct buffer *buffer, const struct applet *applet, const struct opt *row)
{
	char letter = letter_of(applet, row);

	if (letter)
		buffer_print(buffer, "  -%c%s", letter, row->name ? ", " : "");
	else
		buffer_text(buffer, "      ");
	if (row->name)
		buffer_print(buffer, "--%s", row->name);
	if (row->argument)
		buffer_print(buffer, " %s", row->argument);
}

/* "EVENT: access, modify, ..." below the options, for each that takes names. */
static void
add_names_of(struct buffer *buffer, const struct opt *row)
{
	size_t column = strlen(row->argument) + 1;

	buffer_print(buffer, "%s:", row->argument);
	for (const struct name *name = row->names; name->name; name++) {
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
is_first_of_its_names(const struct applet *applet, const struct opt *row)
{
	const struct opt *other = rows_of(applet);

	while (other->names != row->names)
		other++;
	return other == row;
}

static void
print_help(const struct applet *applet)
{
	enum { HELP_COLUMN = 30 };
	struct buffer text = { 0 };
	const struct opt *row;

	buffer_text(&text, "usage: ");
	opt_usage(&text, applet);
	buffer_print(&text, "\n\n%s.\n\n", applet->summary);
	for (size_t i = 0; (row = row_at(applet, i)); i++) {
		size_t start = text.length;

		if (row->kind == OPT_COMMAND)
			continue;
		add_left(&text, applet, row);
		if (text.length - start > HELP_COLUMN - 2) {
			buffer_byte(&text, '\n');
			start = text.length;
		}
		while (text.length - start < HELP_COLUMN)
			buffer_byte(&text, ' ');
		buffer_print(&text, "%s\n", row->help);
	}
	buffer_byte(&text, '\n');
	for (const struct opt *names = rows_of(applet); names->kind; names++)
		if (names->names && is_first_of_its_names(applet, names))
			add_names_of(&text, names);
	buffer_print(&text, "Exit status and examples: man butter%s%s\n", applet->name ? "-" : "",
		     applet->name ? applet->name : "");
	out_add(text.data, text.length);
	buffer_done(&text);
}

/* Takes the options of ARGV one by one, until the first operand or the end. */
static enum opt_result
take_options(const struct applet *applet, int argc, char **argv, const char *letters,
	     const struct option *longs)
{
	int value;

	optind = 0; /* glibc: start afresh */
	opterr = 0;
	while ((value = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		const struct opt *row =
			value == '?' || value == ':' ? NULL : row_of_value(applet, value);
		char name[64];

		if (!row)
			return refuse_option(applet, argv, value);
		if (row->kind == OPT_HELP) {
			print_help(applet);
			return OPT_DONE;
		}
		if (row->kind == OPT_VERSION) {
			out_print(applet->name ? "butter %s (%s)\n" : "butter %s\n", BUTTER_VERSION,
				  applet->name);
			return OPT_DONE;
		}
		if (!store(row, shown_as(applet, row, name, sizeof(name)), optarg))
			return OPT_BAD;
	}
	return OPT_RUN;
}

enum opt_result
opt_parse(const struct applet *applet, int argc, char **argv, int *count, char ***operands)
{
	struct buffer letters = { 0 };
	struct option *longs;
	enum opt_result result;
	size_t rows = 0;

	while (row_at(applet, rows))
		rows++;
	longs = memory_get((rows + 1) * sizeof(*longs));
	describe(applet, &letters, longs);
	argc = take_command(applet, argc, argv);
	result = take_options(applet, argc, argv, letters.data, longs);
	free(longs);
	buffer_done(&letters);

	*count = argc - optind;
	*operands = argv + optind;
	if (result != OPT_RUN)
		return result;
	if (*count < applet->min) {
		misuse(*count ? "too few operands" : "missing operand");
		return OPT_BAD;
	}
	if (applet->max != APPLET_ANY && *count > applet->max) {
		misuse("extra operand '%s'", (*operands)[applet->max]);
		return OPT_BAD;
	}
	return OPT_RUN;
}

/* ---- usage line and lists ---- */

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

/*
 * style(9)'s order: letters without an argument in one bundle, letters with one,
 * then what has a long name only, operands, the command. -h and -V go without saying.
 */
void
opt_usage(struct buffer *buffer, const struct applet *applet)
{
	const struct opt *rows = rows_of(applet), *row;
	size_t column = strlen("usage: butter ") + (applet->name ? strlen(applet->name) : 0);
	char bundle[64], piece[128];
	size_t flags = 0;

	buffer_print(buffer, "butter%s%s", applet->name ? " " : "",
		     applet->name ? applet->name : "");
	for (int letter = 1; letter < 128; letter++)
		for (row = rows; row->kind; row++)
			if (row->letter == letter && !row->argument)
				bundle[flags++] = row->letter;
	bundle[flags] = '\0';
	if (flags) {
		snprintf(piece, sizeof(piece), "[-%s]", bundle);
		add_piece(buffer, &column, piece);
	}
	for (row = rows; row->kind; row++)
		if (row->letter && row->argument) {
			snprintf(piece, sizeof(piece), "[-%c %s]", row->letter, row->argument);
			add_piece(buffer, &column, piece);
		}
	for (row = rows; row->kind; row++)
		if (!row->letter && row->name) {
			snprintf(piece, sizeof(piece), "[--%s%s%s]", row->name,
				 row->argument ? " " : "", row->argument ? row->argument : "");
			add_piece(buffer, &column, piece);
		}
	if (applet->operands)
		add_piece(buffer, &column, applet->operands);
	for (row = rows; row->kind; row++)
		if (row->kind == OPT_COMMAND)
			add_piece(buffer, &column, row->argument);
}

/* All but the first column of opt_print. */
static void
print_rest(const struct opt *row)
{
	const char *before = "\t";

	out_print("\t%s\t%s", row->argument ? row->argument : "", row->help);
	for (const struct name *name = row->names; name && name->name; name++) {
		out_print("%s%s", before, name->name);
		before = row->kind == OPT_NAMES ? "," : "|";
	}
	out_print("\n");
}

void
opt_print(const struct applet *applet)
{
	const struct opt *row;

	for (size_t i = 0; (row = row_at(applet, i)); i++) {
		if (row->name) {
			out_print("--%s", row->name);
			print_rest(row);
		}
		if (letter_of(applet, row)) {
			out_print("-%c", letter_of(applet, row));
			print_rest(row);
		}
	}
}
