/* SPDX-License-Identifier: MIT */
/*
 * Mounting what fstab says: one line of it, or all. Lines that cannot be read, and what is left alone, are
 * told here; how one thing is mounted is for the applet.
 */
#ifndef BUTTER_MOUNTING_H
#define BUTTER_MOUNTING_H

#include "cli/opt.h"
#include "mounts/words.h"

enum {
	MOUNTING_MISUSED = 1,
	MOUNTING_FAILED = 32,
	MOUNTING_SOME = 64, /* and others are mounted */
};

/* One thing to be mounted, as fstab or the command line says. */
struct mounting_order {
	const char *source, *target, *type; /* of bind and the like, the type does not matter */
	const struct words *words;
};

struct mounting {
	/* What the options fill. */
	struct opt_list tables; /* -T; none: /etc/fstab */
	const char *types;      /* -t */
	const char *options;    /* -O */
	bool parallel;          /* -F */
	bool only_once;         /* --onlyonce */
	bool verbose;           /* -v */
	const char *prefix;     /* --target-prefix: in front of targets; NULL: nothing */

	/* Adds the words of the command line. False: a message has been printed. */
	bool (*add_words)(struct words *words);
	/* Mounts it: 0, or the exit status; then a message has been printed. */
	int (*mount)(const struct mounting_order *order);
};

/* Each adds the option of its name to TABLE; they fill MOUNTING. */
void mounting_add_fork(struct opt_table *table, struct mounting *mounting);
void mounting_add_fstab(struct opt_table *table, struct mounting *mounting);
void mounting_add_onlyonce(struct opt_table *table, struct mounting *mounting);
void mounting_add_test_opts(struct opt_table *table, struct mounting *mounting);

/* What the line says that has NAME as target or source. The exit status. */
int mounting_named(const struct mounting *mounting, const char *name);

/* All lines but those for others, in their order; what is mounted already is left alone. The exit status. */
int mounting_all(const struct mounting *mounting);

/* TARGET with what is to be in front of it, to be freed. */
char *mounting_target(const struct mounting *mounting, const char *target);

/* Whether ORDER is mounted already, and may be no more than once; then that has been told. */
bool mounting_is_done(const struct mounting *mounting, const struct mounting_order *order);

#endif
