/* SPDX-License-Identifier: MIT */
/*
 * Rules that have no effect as things are: nothing that is asked about has such a path. They are no
 * errors, since paths may be made later, but nobody writes them on purpose.
 */
#ifndef BUTTER_VAIN_H
#define BUTTER_VAIN_H

#include "permit/permit.h"

enum vain_reason {
	VAIN_NOT,         /* it has an effect */
	VAIN_TAKEN,       /* the rule in line BY, which comes first, decides about all of it */
	VAIN_FILE_SYSTEM, /* PATH is on a file system that is not marked */
	VAIN_MOUNT,       /* PERMIT_MOUNT: it is not seen through a mount that is */
	VAIN_INODE,       /* PERMIT_INODE: it is neither marked nor an entry of what is */
	VAIN_OTHER_PATH, /* it is a mount of its own of what is marked, where that has other paths */
	VAIN_LINKS,      /* a glob's folder PATH has symbolic links, which are not followed */
	VAIN_MISSING,    /* PATH does not exist */
};

struct vain {
	enum vain_reason reason;
	size_t line, column; /* as in struct rules_error */
	const char *path;    /* lives as long as TELL runs */
	size_t by;
};

/* Hands to TELL each such rule of PERMIT, which has started, and each condition for a missing program. */
void vain_each(const struct permit *permit, void (*tell)(const struct vain *vain, void *context),
	       void *context);

#endif
