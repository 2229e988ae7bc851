/* SPDX-License-Identifier: MIT */
/* Whether what is to be mounted is mounted already: the same thing, at the same place. */
#ifndef BUTTER_MOUNTED_H
#define BUTTER_MOUNTED_H

#include <stdbool.h>
#include <stdint.h>

#include "mounts/table.h"

struct mounted_wish {
	const char *source; /* as given */
	const char *target;
	bool is_bind; /* SOURCE is a folder or file */
	const char *
		root; /* which folder of the file system: that of subvol=, X-mount.subdir=; NULL: not said */
	uint64_t offset; /* in the file SOURCE, for a loop device */
};

/* What is known of all mounts; zeroed, nothing. */
struct mounted {
	struct table table;
	bool is_read;
};

/*
 * 1, 0: not there, or not as WISH says; what else may be mounted there, or above it, does not matter. -1:
 * something is mounted there, and nobody knows what; with errno of table_read. The table is read when it
 * must be, and kept. *TOP is the id of what is on top there, 0 if there is no such path, or -1: nobody
 * tells.
 */
int mounted_look(struct mounted *mounted, const struct mounted_wish *wish, int *top);

/* Frees what is known. */
void mounted_forget(struct mounted *mounted);

#endif
