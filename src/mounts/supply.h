/* SPDX-License-Identifier: MIT */
/*
 * A file system mounted, from what its source is called to the mount: the disk is found, a file is made a
 * disk, the type is found, or several are tried, or a program mounts it that knows how.
 */
#ifndef BUTTER_SUPPLY_H
#define BUTTER_SUPPLY_H

#include <stdbool.h>
#include <stdint.h>

#include "mounts/attach.h"
#include "mounts/device.h"

struct supply_wish {
	struct attach attach; /* the source as it is called; the type, a list of them, or NULL */
	int64_t wait;         /* for the source, as in device.h */
	bool no_helper;
	bool fake, no_mtab, sloppy, verbose; /* for a helper; FAKE: nothing is done without one */
};

enum supply_end {
	SUPPLY_DONE,
	SUPPLY_NO_SOURCE, /* DEVICE says why */
	SUPPLY_FAILED,    /* ATTACH and TROUBLE say why */
	SUPPLY_CLASHES,   /* HELPER would mount it, and knows no CLASH */
	SUPPLY_HELPED, /* HELPER has done it, or has failed: STATUS, and ERROR where it could not be run */
};

struct supply {
	struct attach attach; /* what has been done, or tried last */
	struct trouble trouble;
	struct device_wish wish;
	struct device device;
	struct device_trouble device_trouble;
	char *helper;
	const char *clash;
	int status, error;
	bool undo; /* what is held: it has failed, or was not meant */
};

/* Does it. supply_done follows in any case; then, unless it is done, nothing is left behind. */
enum supply_end supply(const struct supply_wish *wish, struct supply *supply);

void supply_done(struct supply *supply);

#endif
