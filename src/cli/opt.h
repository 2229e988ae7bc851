/* SPDX-License-Identifier: MIT */
/*
 * What can be typed, as a table. One row says all about an option, and the
 * table gives parsing, the usage line, --help, completion and the check of the
 * man page.
 *
 *	static bool quiet;
 *	static int64_t timeout = NUM_FOREVER;
 *
 *	static const struct opt options[] = {
 *		{ OPT_FLAG, 'q', "quiet", NULL, &quiet, "print no messages" },
 *		{ OPT_DURATION, 't', "timeout", "DURATION", &timeout, "give up after DURATION" },
 *		OPT_END,
 *	};
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

enum opt_kind {
	OPT_STOP,     /* ends the table */
	OPT_FLAG,     /* bool: true when given */
	OPT_COUNT,    /* int: how often given */
	OPT_SET,      /* uint64_t: low; other rows may fill it, too, and the last counts */
	OPT_STRING,   /* const char *: the argument; of several the last */
	OPT_INTEGER,  /* int64_t, from low to high */
	OPT_DURATION, /* int64_t: nanoseconds; NUM_FOREVER for inf */
	OPT_SIZE,     /* uint64_t: bytes */
	OPT_FD,       /* int: a descriptor that is open */
	OPT_LIST,     /* struct opt_list: every argument, in order */
	OPT_NAMES,    /* uint64_t: the bits of the names (table) in a comma list; several add up */
	OPT_CHOICE,   /* uint64_t: the value of one name of the table */
	OPT_COMMAND, /* char **: what follows `--`, NULL when that is missing; no letter, no name */
	OPT_HELP,    /* --help and */
	OPT_VERSION, /* --version, added to every table */
};

struct opt {
	enum opt_kind kind;
	char letter;              /* 0: none */
	const char *name;         /* long name */
	const char *argument;     /* what the usage line calls it; NULL for flags */
	void *value;              /* the static that is filled */
	const char *help;         /* one line for --help */
	const struct name *names; /* OPT_NAMES, OPT_CHOICE */
	/* OPT_SET: low; OPT_INTEGER; OPT_DURATION: low 1 refuses 0; OPT_SIZE: high, 0: any */
	int64_t low, high;
};

#define OPT_END                                                                                    \
	{                                                                                          \
		.kind = OPT_STOP                                                                   \
	}

/* Several rows may fill one list: the row tells which option it was. */
struct opt_list {
	size_t count;
	struct opt_item {
		const struct opt *row;
		const char *text;
	} * items;
};

enum opt_result {
	OPT_RUN,  /* parsed: run the applet */
	OPT_DONE, /* --help or --version has been answered: exit 0 */
	OPT_BAD,  /* wrong usage, a message has been printed */
};

struct applet;

/*
 * Parses ARGV by the table of APPLET, fills the statics, and leaves the operands
 * in *OPERANDS (argv's own memory, NULL at the end) and their number in *COUNT.
 */
enum opt_result opt_parse(const struct applet *applet, int argc, char **argv, int *count,
			  char ***operands);

/* Appends the usage line, without "usage: " and newline, as the man page's SYNOPSIS shows it. */
void opt_usage(struct buffer *buffer, const struct applet *applet);

/*
 * Prints the options for completion files, a line each:
 * the option as typed, TAB, its argument's name or nothing, TAB, the help text. Where the argument
 * is of certain words, TAB and these: joined by commas where several may be given so, else by |.
 */
void opt_print(const struct applet *applet);

#endif
