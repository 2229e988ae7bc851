/* SPDX-License-Identifier: MIT */
/*
 * Something mounted: a new file system, a part of one that is mounted already, or what is mounted
 * changed. All or nothing: what fails half-way leaves no mount and no folder behind.
 */
#ifndef BUTTER_ATTACH_H
#define BUTTER_ATTACH_H

#include <stdbool.h>

#include "mounts/trouble.h"
#include "mounts/words.h"

struct attach {
	const char *source; /* as the kernel gets it; NULL: none */
	const char *target;
	const char *type; /* of the file system; NULL where none is made */
	const struct words *words;
	bool beneath;   /* under what is mounted there */
	bool exclusive; /* only a file system that is not in use already */
	/*
	 * Not over what others mount there at the same time, which is TROUBLE_TAKEN: the mount TOP must
	 * be on top there yet; 0: TARGET was missing.
	 */
	bool once;
	int top;
	/* TARGET is in the mount namespace, and the root, of this process; we stay there. NULL: here. */
	const char *into;
	struct dress_before *before; /* for attach itself: what owners were */
	int log;                     /* of kmsg_open(), for troubles; or -1 */
};

/*
 * The calls that Linux 5.2 and 5.12 have brought are tried first, and mount(2) where they are not to be
 * had; the result is the same. -1: TROUBLE says why; in any case trouble_done frees that.
 */
int attach(const struct attach *wish, struct trouble *trouble);

#endif
