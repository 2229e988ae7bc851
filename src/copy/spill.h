/* SPDX-License-Identifier: MIT */
/*
 * Bytes that wait on a disk, first in, first out: a file without a name. It takes no more of the disk than
 * its limit, whatever goes through it.
 */
#ifndef BUTTER_SPILL_H
#define BUTTER_SPILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct spill {
	/* For the caller to fill. */
	const char *folder;
	uint64_t limit; /* bytes, not 0 */

	int error; /* errno by which the disk has refused bytes, 0: it has not */

	/* Its own. */
	bool is_open;
	int fd;
	uint64_t first, last; /* what has been taken, and put, in all */
	char *rest;           /* what the disk has refused, behind all that is there */
	size_t rest_first, rest_last;
};

/* Bytes that wait. */
uint64_t spill_holds(const struct spill *spill);

/* Whether SIZE bytes more are within the limit, and the disk has refused none. */
bool spill_has_room(const struct spill *spill, size_t size);

/* Adds SIZE bytes. What the disk does not take stays in memory; spill->error says why. */
void spill_put(struct spill *spill, const char *bytes, size_t size);

/* Takes SIZE bytes at most; how many, or -1 with errno of read(2): they are lost. */
ssize_t spill_take(struct spill *spill, char *bytes, size_t size);

void spill_close(struct spill *spill);

#endif
