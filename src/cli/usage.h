/* SPDX-License-Identifier: MIT */
/* What a table of options looks like to people (--help) and to completion files. */
#ifndef BUTTER_USAGE_H
#define BUTTER_USAGE_H

#include "cli/opt.h"

/* Prints the usage line, the summary, the options and the names that they take. */
void usage_help(const struct opt_table *table);

/*
 * Prints the options for completion files, a line each:
 * the option as typed, TAB, its argument's name or nothing, TAB, the help text. Where the argument
 * is of certain words, TAB and these: joined by commas where several may be given so, else by |.
 */
void usage_list(const struct opt_table *table);

#endif
