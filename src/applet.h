/* SPDX-License-Identifier: MIT */
/*
 * The contract between main and an applet, on one screen.
 *
 * An applet is one file in applets/ that ends with
 *
 *	const struct applet applet_<id> = { .name = ..., .run = <id>_run };
 *
 * main finds it by argv[0] or by butter's first argument, fills the statics
 * that its option table names, checks the number of operands, and calls run.
 */
#ifndef BUTTER_APPLET_H
#define BUTTER_APPLET_H

#include "cli/opt.h"

enum { APPLET_ANY = -1 }; /* as max: any number of operands */

struct applet {
	const char *name;                       /* as typed */
	const char *summary;                    /* one line, equal to the man page's .Nd */
	const char *operands;                   /* as in the usage line, or NULL */
	const char *also;                       /* another name, which is not listed, or NULL */
	bool *called_also;                      /* is set when it was called by that */
	int min, max;                           /* how many operands */
	void (*options)(struct opt_table *);    /* adds a row for each option, or NULL */
	bool wrapper;                           /* options end at the first operand */
	int failure;                            /* status of failing and wrong usage; 0 means 1 */
	int (*run)(int count, char **operands); /* returns the exit status */
};

#endif
