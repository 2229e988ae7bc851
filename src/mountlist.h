/* SPDX-License-Identifier: MIT */
/* Lists of what is mounted: the rows of their options (cli/opt.h), and what they print. */
#ifndef BUTTER_MOUNTLIST_H
#define BUTTER_MOUNTLIST_H

#include "cli/opt.h"

struct mountlist {
	bool json, labels, tree;
	const char *of;
};

/* The status where what is mounted cannot be told. */
enum { MOUNTLIST_UNKNOWN = 2 };

/* Adds the options to TABLE; they fill MOUNTLIST. */
void mountlist_add(struct opt_table *table, struct mountlist *mountlist);

/* Whether one of them has been given. */
bool mountlist_is_wanted(const struct mountlist *mountlist);

/* Prints the list of mounts of TYPES (NULL: all). The exit status. */
int mountlist_print(const struct mountlist *mountlist, const char *types);

#endif
