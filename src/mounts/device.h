/* SPDX-License-Identifier: MIT */
/*
 * What is named as the source of a mount becomes what the kernel gets: a path, LABEL=, UUID=, PARTLABEL=,
 * PARTUUID= or ID=, found among the disks; a file, made a disk by a loop device; and the type of the
 * file system that is on it.
 */
#ifndef BUTTER_DEVICE_H
#define BUTTER_DEVICE_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>

#include "kernel/loop.h"

struct device_wish {
	const char *name; /* as given */
	const char
		*type; /* as given: one, or a list, or `no` and a list; NULL, "auto": to be found */
	bool loop, no_loop;      /* a loop device in any case, or never; else for a regular file */
	const char *loop_device; /* which one; NULL: any that is free */
	uint64_t offset, size_limit;
	bool read_only;
	int64_t wait; /* nanoseconds until the source must have appeared, NUM_FOREVER; 0: none */
};

struct device {
	char *path;     /* what the kernel gets */
	char *file;     /* what is on the loop device PATH; NULL: PATH is none of ours */
	char *type;     /* as given, or found; NULL: one of TYPES */
	char **types;   /* to be tried in this order, NULL at the end; NULL: the type is known */
	bool read_only; /* the loop device can be only that */
	bool is_loop;   /* PATH is a loop device that was set up, or found set up, for the file */
	bool may_loop; /* PATH may be a file: if the kernel wants a disk, ENOTBLK, device_loop makes it one */
	struct loop loop;
};

enum device_reason {
	DEVICE_IS_MISSING, /* there is no NAME; ERROR */
	DEVICE_IS_LATE,    /* nor was there one in time; or PLACE, ERROR, could not be looked at */
	DEVICE_TAG_IS_BROKEN,     /* LABEL= without a value, or a quote that is not closed */
	DEVICE_CANNOT_LIST,       /* the disks, in PLACE; ERROR */
	DEVICE_CANNOT_BE_OPENED,  /* PLACE, to see what is on it; ERROR */
	DEVICE_IS_NO_DISK,        /* but a folder, or the like */
	DEVICE_LOOP_FAILED,       /* at STEP, with the device PLACE or "" ; ERROR */
	DEVICE_IS_SHORT,          /* PLACE, a file, ends before the offset */
	DEVICE_IS_UNKNOWN,        /* nothing that is known is on PLACE */
	DEVICE_IS_AMBIVALENT,     /* more than one thing is on PLACE: FOUND */
	DEVICE_IS_PARTITIONED,    /* a partition table FOUND is on PLACE, and no file system */
	DEVICE_IS_NO_FILE_SYSTEM, /* FOUND is on PLACE, such as swap */
	DEVICE_HAS_OTHER_TYPE,    /* FOUND is on PLACE, which the types that were given leave out */
	DEVICE_FITS_NO_TYPE,      /* of FOUND, which have been tried */
};

struct device_trouble {
	enum device_reason reason;
	int error;
	enum loop_step step;
	char place[PATH_MAX];
	char found[128];
};

/*
 * Finds what WISH means; a source that is for its type alone to understand, such as that of tmpfs or nfs, is
 * handed on as it is. -1 and the TROUBLE; then nothing is left behind.
 */
int device_find(const struct device_wish *wish, struct device *device,
		struct device_trouble *trouble);

/* Makes the file that DEVICE is a disk after all. -1 and the TROUBLE; then DEVICE is as it was. */
int device_loop(const struct device_wish *wish, struct device *device,
		struct device_trouble *trouble);

/* The mount has failed: what was new is free again. Then as device_done. errno stays. */
void device_undo(struct device *device);

/* Frees what DEVICE holds; a loop device stays as long as it is mounted. errno stays. */
void device_done(struct device *device);

#endif
