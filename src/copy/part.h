/* SPDX-License-Identifier: MIT */
/*
 * What a partial copy is a part of, so that it is gone on with only if that is still the same, and how much
 * of it is sure to be on the disk: kept as an extended attribute of it, `user.butter.part`.
 *
 * Its size says nothing of that: after a crash there may be zeros, or nothing, where it was written last.
 */
#ifndef BUTTER_PART_H
#define BUTTER_PART_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

enum {
	PART_ALIGNMENT = 4096, /* of what is sure: O_DIRECT goes on at a block's begin */
	PART_UNSURE = 1 << 26, /* bytes at most, but for the window */
	PART_WORTH = 1 << 20,  /* bytes: less is copied as soon as it is compared */
};

struct part {
	const struct stat *source;
	uint64_t offset, length; /* what of the source is to be copied */
	int fd;                  /* it */
	uint64_t window;         /* bytes at its end of which some may not have been written */
	off_t sure;              /* bytes from its begin on that are on the disk; */
	bool is_doubtful;        /* of the others nobody knows, the page cache neither */

	/* Its own. */
	uint64_t since; /* bytes that have come since then */
};

/* What is known of a partial copy. */
enum part_state {
	PART_KNOWN,   /* it is of this source */
	PART_UNKNOWN, /* too little: it has to be compared */
	PART_OTHER,   /* it is of another source, or of this one before it was changed */
};

/* What the file is of PART; how much of it was sure, which may be more than there is now, and its *SIZE. */
enum part_state part_look(struct part *part, off_t *size);

/* From now on the file is PART. -1 with errno of setxattr(2): what was known of it still is. */
int part_mark(const struct part *part);

/* Nobody knows what FD is. -1 with errno of removexattr(2): it may be marked yet. */
int part_unmark(int fd);

/* Writes it to the disk, and marks what is sure now. -1 with errno of fdatasync(2): it is doubtful. */
int part_settle(struct part *part);

/* BYTES more are in it: settles it if they are many. */
int part_add(struct part *part, uint64_t bytes);

/* The name of the attribute: it is no other file's. */
extern const char part_name[];

#endif
