/* SPDX-License-Identifier: MIT */
/*
 * Mounting what fstab says: one line of it, or all. Lines that cannot be read, and what is left alone, are
 * told here.
 */
#ifndef BUTTER_MOUNTALL_H
#define BUTTER_MOUNTALL_H

#include "cli/opt.h"
#include "mounting.h"

struct mountall {
	/* What the options fill. */
	struct opt_list tables; /* -T; none: /etc/fstab */
	const char *types;      /* -t */
	const char *options;    /* -O */
	bool parallel;          /* -F */
	bool only_once;         /* --onlyonce */
	const char *prefix;     /* --target-prefix: in front of targets; NULL: nothing */

	/* Adds the words of the command line. False: a message has been printed. */
	bool (*add_words)(struct words *words);
	const struct mounting *how;
};

/* Each adds the option of its name to TABLE; they fill MOUNTALL. */
void mountall_add_fork(struct opt_table *table, struct mountall *mountall);
void mountall_add_fstab(struct opt_table *table, struct mountall *mountall);
void mountall_add_onlyonce(struct opt_table *table, struct mountall *mountall);
void mountall_add_test_opts(struct opt_table *table, struct mountall *mountall);

/* What the line says that has NAME as target or source. The exit status. */
int mountall_named(const struct mountall *mountall, const char *name);

/* All lines but those for others, in their order; what is mounted already is left alone. The exit status. */
int mountall_lines(const struct mountall *mountall);

/* TARGET with what is to be in front of it, to be freed. */
char *mountall_target(const struct mountall *mountall, const char *target);

/* Mounts ORDER; with --onlyonce, unless it is mounted already, which is told then. The exit status. */
int mountall_one(const struct mountall *mountall, const struct mounting_order *order);

#endif
