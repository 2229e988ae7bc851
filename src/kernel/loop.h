/* SPDX-License-Identifier: MIT */
/* Loop devices: files as disks; loop(4). */
#ifndef BUTTER_LOOP_H
#define BUTTER_LOOP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cli/say.h"

struct loop_wish {
	const char *file;            /* the disk's content: a regular file or a block device */
	const char *device;          /* such as /dev/loop3; NULL: any that is free */
	uint64_t offset, size_limit; /* bytes; a limit of 0 is none */
	bool read_only;
};

/* Where loop_attach has failed. */
enum loop_step {
	LOOP_OPEN_FILE,    /* open the file */
	LOOP_OPEN_CONTROL, /* open /dev/loop-control */
	LOOP_GET_FREE,     /* ask it for a device that is free */
	LOOP_MAKE_NODE,    /* make the missing node PATH */
	LOOP_OPEN_DEVICE,  /* open PATH */
	LOOP_CONFIGURING,  /* give the file to PATH */
	LOOP_LIST,         /* see which devices there are */
	LOOP_OVERLAPS,     /* PATH has some of that part of the file already */
};

enum { LOOP_PATH_SIZE = 64 };

struct loop {
	char path[LOOP_PATH_SIZE]; /* of the device */
	int fd;         /* keeps it: as soon as nobody has it open or mounted, it is free again */
	bool is_new;    /* it was free before */
	bool made_node; /* PATH was missing before */
	bool is_added;  /* and so was the device, in the kernel */
	bool read_only; /* it can be nothing else, or was asked to be */
};

/* Advice for the errno of a step. */
const struct hint *loop_hints(enum loop_step step);

/*
 * Makes the file of WISH a disk: LOOP is the device that has the same part of it already, or one that is
 * free, and is freed when it is used no more. It is read-only where the file cannot be written. -1 with
 * errno, and the *STEP, and LOOP->path as far as it is known: of open(2); ENXIO, EINVAL, EBUSY
 * (WISH->device has another file, or another device has some of this part of the file, and one of the two
 * can write), ENODEV (WISH->device is no loop device), ENOENT (/dev/loop-control is
 * not there). Then nothing is left behind.
 */
int loop_attach(const struct loop_wish *wish, struct loop *loop, enum loop_step *step);

/* Undoes loop_attach: what was new is free, and what was made is gone. errno stays. */
void loop_undo(struct loop *loop);

/* Lets go of the device, which somebody uses now. */
void loop_done(struct loop *loop);

/* Whether DEVICE is a loop device that has the file PATH, from OFFSET on. */
bool loop_has(const char *device, const char *path, uint64_t offset);

/*
 * The PATH of the loop device, or of the partition of one, that has the number DEVICE, as in stat.h. False:
 * it is none.
 */
bool loop_name(dev_t device, char path[LOOP_PATH_SIZE]);

/*
 * Frees DEVICE, at the latest when nobody has it open any more. -1 with errno of open(2), ENXIO (it is free),
 * ENOTTY or EINVAL (no loop device), EBUSY.
 */
int loop_free(const char *device);

#endif
