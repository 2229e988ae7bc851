/* SPDX-License-Identifier: MIT */
/*
 * What can be typed, as a table. One row says all about an option, and the
 * table gives parsing, the usage line, --help, completion and the check of the
 * man page.
 *
 *	static bool quiet;
 *	static int64_t timeout = NUM_FOREVER;
 *
 *	static void
 *	options(struct opt_table *table)
 *	{
 *		opt_flag(table, 'q', "quiet", &quiet, "print no messages");
 *		opt_duration(table, 't', "timeout", &timeout, "give up after DURATION");
 *	}
 *
 * A table is made when it is asked for: a constant one would be full of addresses, which are put in
 * place whenever the program starts, for all applets, in pages of its own each time.
 *
 * Every applet also knows -h, --help, -V and --version, letters that its own
 * table uses excepted.
 */
#ifndef BUTTER_OPT_H
#define BUTTER_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/names.h"

struct applet;

/* Several options may fill one list: NAME tells which one it was. */
struct opt_list {
	size_t count;
	struct opt_item {
		const char *name; /* long name */
		const char *text;
	} * items;
};

enum opt_kind {
	OPT_FLAG,
	OPT_COUNT,
	OPT_SET,
	OPT_STRING,
	OPT_INTEGER,
	OPT_DURATION,
	OPT_SIZE,
	OPT_RATE,
	OPT_FD,
	OPT_LIST,
	OPT_NAMES,
	OPT_CHOICE,
	OPT_COMMAND,
	OPT_HELP,    /* --help and */
	OPT_VERSION, /* --version, the last two of every table */
};

struct opt {
	enum opt_kind kind;
	char letter;              /* 0: none */
	const char *name;         /* long name, or NULL */
	const char *argument;     /* what the usage line calls it; NULL for flags */
	void *value;              /* what is filled */
	const char *help;         /* one line for --help */
	const struct name *names; /* OPT_NAMES, OPT_CHOICE */
	int64_t low, high;        /* OPT_INTEGER, OPT_SIZE; OPT_DURATION has a low */
	uint64_t set;             /* OPT_SET */
	const char *otherwise;    /* the argument, if no `=` follows; NULL: there must be one */
	bool is_bundled; /* with that: after the letter, too, it begins with `=`, or is a path from / on */
};

struct opt_table {
	const struct applet *applet;
	struct opt *rows;
	size_t count, room;
};

/*
 * Each adds a row: an option with LETTER (0: none) and long NAME (NULL: none) that fills *VALUE, with
 * one line of HELP. The row that is returned may be narrowed (low, high), or its argument be made one that
 * can be left out (otherwise), until the next one is added.
 */

/* true when given. */
struct opt *opt_flag(struct opt_table *table, char letter, const char *name, bool *value,
		     const char *help);

/* How often given. */
struct opt *opt_count(struct opt_table *table, char letter, const char *name, int *value,
		      const char *help);

/* SET when given; other rows may fill the same *VALUE, and the last one counts. */
struct opt *opt_set(struct opt_table *table, char letter, const char *name, uint64_t set,
		    uint64_t *value, const char *help);

/* The argument, which the usage line calls ARGUMENT; of several the last. */
struct opt *opt_string(struct opt_table *table, char letter, const char *name, const char *argument,
		       const char **value, const char *help);

/* A whole number from LOW to HIGH. */
struct opt *opt_integer(struct opt_table *table, char letter, const char *name,
			const char *argument, int64_t low, int64_t high, int64_t *value,
			const char *help);

/* Nanoseconds, NUM_FOREVER for inf; a low of 1 refuses 0. */
struct opt *opt_duration(struct opt_table *table, char letter, const char *name, int64_t *value,
			 const char *help);

/* Bytes, no less than low, and no more than high where that is not 0. */
struct opt *opt_size(struct opt_table *table, char letter, const char *name, uint64_t *value,
		     const char *help);

/* Bytes in a second. */
struct opt *opt_rate(struct opt_table *table, char letter, const char *name, uint64_t *value,
		     const char *help);

/* A descriptor that is open. */
struct opt *opt_fd(struct opt_table *table, char letter, const char *name, int *value,
		   const char *help);

/* Every argument, in order. */
struct opt *opt_list(struct opt_table *table, char letter, const char *name, const char *argument,
		     struct opt_list *value, const char *help);

/* The bits of the NAMES in a comma list; several options add up. */
struct opt *opt_names(struct opt_table *table, char letter, const char *name, const char *argument,
		      const struct name *names, uint64_t *value, const char *help);

/* The value of one of NAMES. */
struct opt *opt_choice(struct opt_table *table, char letter, const char *name, const char *argument,
		       const struct name *names, uint64_t *value, const char *help);

/* What follows `--`, NULL at its end; *VALUE stays as it is where that is missing. */
struct opt *opt_command(struct opt_table *table, char ***value);

/* The words that opt_parse was given, as they were: for a program that begins again. */
char **opt_words(void);

/* Fills TABLE with the rows of APPLET and the common ones; opt_close frees it. */
void opt_open(struct opt_table *table, const struct applet *applet);

void opt_close(struct opt_table *table);

enum opt_result {
	OPT_RUN,  /* parsed: run the applet */
	OPT_DONE, /* --help or --version has been answered: exit 0 */
	OPT_BAD,  /* wrong usage, a message has been printed */
};

/*
 * Parses ARGV by the table of APPLET, fills what its rows say, and leaves the operands
 * in *OPERANDS (argv's own memory, NULL at the end) and their number in *COUNT.
 */
enum opt_result opt_parse(const struct applet *applet, int argc, char **argv, int *count,
			  char ***operands);

#endif
