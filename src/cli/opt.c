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
#include "cli/usage.h"
#include "memory.h"

/* getopt_long's values for rows: their place in the table, out of the way of letters. */
enum { FIRST_ROW = 256 };

/* ---- the table ---- */

static struct opt *
add(struct opt_table *table, struct opt row)
{
	if (table->count == table->room) {
		table->room = table->room ? 2 * table->room : 16;
		table->rows = memory_resize(table->rows, table->room, sizeof(*table->rows));
	}
	table->rows[table->count] = row;
	return &table->rows[table->count++];
}

struct opt *
opt_flag(struct opt_table *table, char letter, const char *name, bool *value, const char *help)
{
	return add(table, (struct opt){ OPT_FLAG, letter, name, NULL, value, help });
}

struct opt *
opt_count(struct opt_table *table, char letter, const char *name, int *value, const char *help)
{
	return add(table, (struct opt){ OPT_COUNT, letter, name, NULL, value, help });
}

struct opt *
opt_set(struct opt_table *table, char letter, const char *name, uint64_t set, uint64_t *value,
	const char *help)
{
	return add(table, (struct opt){ OPT_SET, letter, name, NULL, value, help, .set = set });
}

struct opt *
opt_string(struct opt_table *table, char letter, const char *name, const char *argument,
	   const char **value, const char *help)
{
	return add(table, (struct opt){ OPT_STRING, letter, name, argument, value, help });
}

struct opt *
opt_integer(struct opt_table *table, char letter, const char *name, const char *argument,
	    int64_t low, int64_t high, int64_t *value, const char *help)
{
	return add(table, (struct opt){ OPT_INTEGER, letter, name, argument, value, help,
					.low = low, .high = high });
}

struct opt *
opt_duration(struct opt_table *table, char letter, const char *name, int64_t *value,
	     const char *help)
{
	return add(table, (struct opt){ OPT_DURATION, letter, name, "DURATION", value, help });
}

struct opt *
opt_size(struct opt_table *table, char letter, const char *name, uint64_t *value, const char *help)
{
	return add(table, (struct opt){ OPT_SIZE, letter, name, "SIZE", value, help });
}

struct opt *
opt_rate(struct opt_table *table, char letter, const char *name, uint64_t *value, const char *help)
{
	return add(table, (struct opt){ OPT_RATE, letter, name, "SIZE", value, help });
}

struct opt *
opt_fd(struct opt_table *table, char letter, const char *name, int *value, const char *help)
{
	return add(table, (struct opt){ OPT_FD, letter, name, "FD", value, help });
}

struct opt *
opt_list(struct opt_table *table, char letter, const char *name, const char *argument,
	 struct opt_list *value, const char *help)
{
	return add(table, (struct opt){ OPT_LIST, letter, name, argument, value, help });
}

struct opt *
opt_names(struct opt_table *table, char letter, const char *name, const char *argument,
	  const struct name *names, uint64_t *value, const char *help)
{
	return add(table, (struct opt){ OPT_NAMES, letter, name, argument, value, help, names });
}

struct opt *
opt_choice(struct opt_table *table, char letter, const char *name, const char *argument,
	   const struct name *names, uint64_t *value, const char *help)
{
	return add(table, (struct opt){ OPT_CHOICE, letter, name, argument, value, help, names });
}

struct opt *
opt_command(struct opt_table *table, char ***value)
{
	return add(table, (struct opt){ .kind = OPT_COMMAND, .value = value });
}

/* LETTER, unless a row has it: a common option steps back before the applet's own. */
static char
unless_used(const struct opt_table *table, char letter)
{
	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].letter == letter)
			return '\0';
	return letter;
}

void
opt_open(struct opt_table *table, const struct applet *applet)
{
	*table = (struct opt_table){ .applet = applet };
	if (applet->options)
		applet->options(table);
	add(table, (struct opt){ OPT_HELP, unless_used(table, 'h'), "help", NULL, NULL,
				 "print this help" });
	add(table, (struct opt){ OPT_VERSION, unless_used(table, 'V'), "version", NULL, NULL,
				 "print the version" });
}

void
opt_close(struct opt_table *table)
{
	free(table->rows);
}

/* ---- parsing ---- */

/* Tells that the table of ROW does not have the first LENGTH bytes of NAME, and what may have been meant. */
static bool
refuse_name(const struct opt *row, const char *shown, const char *name, size_t length)
{
	char *word = memory_string(name);
	const char *nearest = NULL;

	word[length] = '\0';
	for (const struct name *known = row->names; *known->name; known++)
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
	case OPT_RATE:
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
		*(uint64_t *)row->value = row->set;
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
		if (num_size(text, row->value) < 0 || !is_in_range(row))
			return refuse_number(row, shown, text);
		if (*(const uint64_t *)row->value < (uint64_t)row->low)
			return misuse("%s: at least %" PRId64, shown, row->low), false;
		return true;
	case OPT_RATE:
		return num_rate(text, row->value) == 0 || refuse_number(row, shown, text);
	case OPT_FD:
		if (num_integer(text, 0, INT_MAX, &number) < 0 || fcntl((int)number, F_GETFD) < 0)
			return refuse_number(row, shown, text);
		*(int *)row->value = (int)number;
		return true;
	case OPT_LIST:
		list->items = memory_resize(list->items, list->count + 1, sizeof(*list->items));
		list->items[list->count++] = (struct opt_item){ row->name, text };
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
shown_as(const struct opt *row, char *space, size_t size)
{
	if (row->name)
		snprintf(space, size, "--%s", row->name);
	else
		snprintf(space, size, "-%c", row->letter);
	return space;
}

/* Tells which of the options NAME, a beginning of several, can be; false: of none, or of one. */
static bool
refuse_ambiguous(const struct opt_table *table, const char *name)
{
	struct buffer names = { 0 };
	size_t count = 0;

	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].name && !strncmp(table->rows[i].name, name, strlen(name)))
			buffer_print(&names, "%s--%s", count++ ? ", " : "", table->rows[i].name);
	if (count > 1)
		misuse("ambiguous option '--%s': %s", name, buffer_string(&names));
	buffer_done(&names);
	return count > 1;
}

/* WORD, "--name" or "--name=argument", is no option: which one may have been meant? */
static void
refuse_long(const struct opt_table *table, const char *word)
{
	const char *nearest = NULL;
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(word + 2, "="), word + 2);
	if (*name && refuse_ambiguous(table, name))
		return;
	for (size_t i = 0; i < table->count; i++)
		if (table->rows[i].name)
			names_nearer(name, table->rows[i].name, &nearest);
	if (nearest)
		misuse("unknown option '--%s', did you mean '--%s'?", name, nearest);
	else
		misuse("unknown option '--%s'", name);
}

/* getopt has returned VALUE, ':' or '?', for the word before optind; optopt is the letter or the row. */
static enum opt_result
refuse_option(const struct opt_table *table, char **argv, int value)
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
		refuse_long(table, word);
	return OPT_BAD;
}

/* Fills getopt's two tables from ours. */
static void
describe(const struct opt_table *table, struct buffer *letters, struct option *longs)
{
	if (table->applet->wrapper)
		buffer_byte(letters, '+');
	buffer_byte(letters, ':');
	for (size_t i = 0; i < table->count; i++) {
		const struct opt *row = &table->rows[i];

		if (row->letter) {
			buffer_byte(letters, row->letter);
			if (row->argument)
				buffer_text(letters, row->otherwise ? "::" : ":");
		}
		if (row->name)
			*longs++ = (struct option){ row->name,
						    row->otherwise  ? optional_argument
						    : row->argument ? required_argument
								    : no_argument,
						    NULL, FIRST_ROW + (int)i };
	}
	*longs = (struct option){ 0 };
	buffer_string(letters);
}

/* What getopt's VALUE stands for; it knows no others. */
static const struct opt *
row_of_value(const struct opt_table *table, int value)
{
	const struct opt *row = table->rows;

	if (value >= FIRST_ROW)
		return &row[value - FIRST_ROW];
	while (row->letter != value)
		row++;
	return row;
}

/* Cuts ARGV at the first `--` where the table has an OPT_COMMAND; returns what is left of argc. */
static int
take_command(const struct opt_table *table, int argc, char **argv)
{
	for (size_t i = 0; i < table->count; i++) {
		if (table->rows[i].kind != OPT_COMMAND)
			continue;
		for (int word = 1; word < argc; word++)
			if (!strcmp(argv[word], "--")) {
				argv[word] = NULL;
				*(char ***)table->rows[i].value = argv + word + 1;
				return word;
			}
	}
	return argc;
}

/* Does what one option says, ROW with its argument TEXT. */
static enum opt_result
take_option(const struct opt_table *table, const struct opt *row, const char *text)
{
	const char *applet = table->applet->name;
	char name[64];

	switch (row->kind) {
	case OPT_HELP:
		usage_help(table);
		return OPT_DONE;
	case OPT_VERSION:
		out_print(applet ? "butter %s (%s)\n" : "butter %s\n", BUTTER_VERSION, applet);
		return OPT_DONE;
	default:
		text = text ? text : row->otherwise;
		return store(row, shown_as(row, name, sizeof(name)), text) ? OPT_RUN : OPT_BAD;
	}
}

static char **all_words;

char **
opt_words(void)
{
	return all_words;
}

/* A word of which getopt gets the end as a word of its own, until it is put back. */
struct bundle {
	char **at, *whole; /* in argv */
	char *dash, letter;
};

static void
put_back(struct bundle *bundle)
{
	if (!bundle->at)
		return;
	*bundle->at = bundle->whole;
	*bundle->dash = bundle->letter;
	bundle->at = NULL;
}

/*
 * The argument of ROW behind its letter. Where it begins like none, TEXT is more letters: getopt, which
 * has just finished with the word before optind, gets them as that word.
 */
static const char *
unbundle(const struct opt *row, char **argv, char *text, struct bundle *bundle)
{
	if (!row->is_bundled || !text || argv[optind - 1][1] == '-' || *text == '/')
		return text;
	if (*text == '=')
		return text + 1;
	put_back(bundle);
	optind--;
	*bundle = (struct bundle){ &argv[optind], argv[optind], text - 1, text[-1] };
	text[-1] = '-';
	argv[optind] = text - 1;
	return NULL;
}

/* Takes the options of ARGV one by one, until the first operand or the end. */
static enum opt_result
take_options(const struct opt_table *table, int argc, char **argv, const char *letters,
	     const struct option *longs)
{
	enum opt_result result = OPT_RUN;
	struct bundle bundle = { 0 };
	const struct opt *row;
	int value;

	optind = 0; /* glibc: start afresh */
	opterr = 0;
	while (result == OPT_RUN && (value = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (value == '?' || value == ':') {
			result = refuse_option(table, argv, value);
			break;
		}
		row = row_of_value(table, value);
		result = take_option(table, row, unbundle(row, argv, optarg, &bundle));
	}
	put_back(&bundle);
	return result;
}

/* Whether the applet takes COUNT operands. */
static enum opt_result
check_operands(const struct applet *applet, int count, char **operands)
{
	if (count < applet->min) {
		misuse(count ? "too few operands" : "missing operand");
		return OPT_BAD;
	}
	if (applet->max != APPLET_ANY && count > applet->max) {
		misuse("extra operand '%s'", operands[applet->max]);
		return OPT_BAD;
	}
	return OPT_RUN;
}

/* Whether any word can be an option. In a script's loops, most calls have none. */
static bool
any_option(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (argv[i][0] == '-' && argv[i][1])
			return true;
	return false;
}

enum opt_result
opt_parse(const struct applet *applet, int argc, char **argv, int *count, char ***operands)
{
	struct opt_table table;
	struct buffer letters = { 0 };
	struct option *longs;
	enum opt_result result;

	all_words = argv;
	if (!any_option(argc, argv)) {
		*count = argc > 1 ? argc - 1 : 0;
		*operands = argv + (argc > 0);
		return check_operands(applet, *count, *operands);
	}
	opt_open(&table, applet);
	longs = memory_get((table.count + 1) * sizeof(*longs));
	describe(&table, &letters, longs);
	argc = take_command(&table, argc, argv);
	result = take_options(&table, argc, argv, letters.data, longs);
	free(longs);
	buffer_done(&letters);
	opt_close(&table);

	*count = argc - optind;
	*operands = argv + optind;
	return result == OPT_RUN ? check_operands(applet, *count, *operands) : result;
}
