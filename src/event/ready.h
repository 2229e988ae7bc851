/* SPDX-License-Identifier: MIT */
/*
 * A descriptor of somebody else's as a source: an event when it becomes ready, and nothing is read
 * from it. It is told each time that something new makes it so, not for as long as it is.
 */
#ifndef BUTTER_READY_H
#define BUTTER_READY_H

#include "event/source.h"

extern const struct name ready_names[];

struct ready {
	/* Without a descriptor, and without besides when fd has been hung up. */
	struct source source;
	struct pollfd
		own; /* besides: another number of the same file, which nobody else has in the merge */
	int fd;
	short asked, seen;
};

/*
 * The events ASKED (POLLIN, POLLPRI, POLLOUT) of FD, and in any case that it is hung up or has an
 * error, which ends the source. Their value is FD. It is for a merge (merge.h). -1 with errno of
 * descriptors_copy.
 */
int ready_open(struct ready *ready, int fd, short asked);

#endif
