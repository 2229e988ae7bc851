/* SPDX-License-Identifier: MIT */
/* Which loop device has which part of which file. */
#ifndef BUTTER_LOOPUSE_H
#define BUTTER_LOOPUSE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "kernel/loop.h"

struct loopuse {
	uint64_t offset, size_limit; /* bytes; a limit of 0 is none */
	bool read_only;
};

/* Whether the device FD has the file that STATUS is of, and which part, in USE. -1 with errno: unknown. */
int loopuse_read(int fd, const struct stat *status, struct loopuse *use);

/* Whether USE is the part that WISH wants. */
bool loopuse_is_same(const struct loopuse *use, const struct loop_wish *wish);

/*
 * Looks for the device that has the part of WISH of the file that STATUS is of: two that both write would
 * destroy what is in it. 1: LOOP is that, open; 0: none has it. -1 with errno, the *STEP and LOOP->path: one
 * has some of it, EBUSY, or all of it and WISH names a device; of two that are READ_ONLY that is fine. Or
 * one may have it, as far as can be seen.
 */
int loopuse_find(const struct loop_wish *wish, const struct stat *status, bool read_only,
		 struct loop *loop, enum loop_step *step);

#endif
