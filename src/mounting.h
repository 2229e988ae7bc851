/* SPDX-License-Identifier: MIT */
/* One thing mounted as the command line or a line of fstab says, with all that is to be said about it. */
#ifndef BUTTER_MOUNTING_H
#define BUTTER_MOUNTING_H

#include <stdbool.h>
#include <stdint.h>

#include "mounts/words.h"

/* Exit statuses: bits that are put together. */
enum {
	MOUNTING_NOT_PERMITTED = 1, /* as wrong usage */
	MOUNTING_FAILED = 32,
	MOUNTING_SOME = 64, /* have failed, and others are mounted */
};

/* In place of a status: others have mounted something there at the same time, and nothing has been done. */
enum { MOUNTING_TAKEN = -2 };

/* How; options of the command line. */
struct mounting {
	bool beneath, exclusive; /* as in attach.h */
	const char *into;
	int64_t wait; /* for a source, as in device.h */
	bool no_helper, sloppy, no_mtab;
	bool fake; /* all but that, as in rehearse.h */
	bool verbose;
};

/* What. */
struct mounting_order {
	const char *source, *target;
	const char *
		type; /* or a list, or NULL: it is found; where nothing new is mounted it does not matter */
	const struct words *words;
	bool once; /* with TOP as in attach.h; MOUNTING_TAKEN */
	int top;
	bool is_one_of_many; /* others may have to make its places before, which --fake does not do */
};

/* First of all in a copy of a process that has mounted something: what both read is not shared. */
void mounting_forked(void);

/* Does it. 0, MOUNTING_TAKEN, or the exit status; then a message has been printed. */
int mounting(const struct mounting *how, const struct mounting_order *order);

#endif
