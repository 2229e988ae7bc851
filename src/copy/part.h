/* SPDX-License-Identifier: MIT */
/*
 * What a partial copy is a part of, so that it is gone on with only if that is still the same: kept as an
 * extended attribute of it, `user.butter.part`.
 */
#ifndef BUTTER_PART_H
#define BUTTER_PART_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct part {
	const struct stat *source;
	uint64_t offset, length; /* what of the source is to be copied */
	uint64_t window;         /* bytes at its end of which some may not have been written */
	int fd;                  /* it */
};

/* How much is there of a partial copy. */
enum part_state {
	PART_KNOWN,   /* *DONE bytes are, and are of this source */
	PART_UNKNOWN, /* *DONE bytes are, of whatever: they have to be compared */
	PART_OTHER,   /* of another source, or of this one before it was changed: none */
};

/* What the file is of PART, whatever its window, and *DONE. */
enum part_state part_look(const struct part *part, off_t *done);

/* From now on the file is PART, empty or not. -1 with errno of setxattr(2): nobody knows. */
int part_mark(const struct part *part);

/* Nobody knows what FD is. -1 with errno of removexattr(2): it may be marked yet. */
int part_unmark(int fd);

/* The name of the attribute: it is no other file's. */
extern const char part_name[];

#endif
