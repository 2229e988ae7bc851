/* SPDX-License-Identifier: MIT */
/* Where mounting has failed, and what was said about it. */
#ifndef BUTTER_MOUNT_TROUBLE_H
#define BUTTER_MOUNT_TROUBLE_H

#include <stdbool.h>

#include "cli/buffer.h"

enum trouble_stage {
	TROUBLE_NONE,
	TROUBLE_NAMESPACE,  /* entering that of NAME */
	TROUBLE_TARGET,     /* opening the target, or making its folders */
	TROUBLE_TYPE,       /* of the file system */
	TROUBLE_OPTION,     /* NAME, of the file system */
	TROUBLE_SOURCE,     /* set it */
	TROUBLE_CREATE,     /* the file system */
	TROUBLE_COPY,       /* the mount that is to be bound */
	TROUBLE_ATTRIBUTES, /* of the mount */
	TROUBLE_MAPS,       /* making a map of owners of NAME */
	TROUBLE_MAP,        /* giving it to the mount */
	TROUBLE_PART,       /* of the file system, NAME */
	TROUBLE_OWNER,      /* of the root of the mount, or its mode */
	TROUBLE_PLACE,      /* the mount at the target */
	TROUBLE_TAKEN,      /* others have mounted something there at the same time */
	TROUBLE_MOVE,
	TROUBLE_SHARED,      /* by mount(2), copies of the mount would get no attributes */
	TROUBLE_PICK,        /* what is mounted at the target */
	TROUBLE_CHANGE,      /* the file system */
	TROUBLE_PROPAGATION, /* of the mount */
	TROUBLE_CALL,        /* mount(2), which does all that at once */
	TROUBLE_VERIFY,      /* see that all below has been changed; NAME has not */
};

struct trouble {
	enum trouble_stage stage;
	int error;
	char *name;         /* what it is about; or NULL */
	struct buffer said; /* by the file system; on success, too: warnings */
	struct buffer
		kernel; /* what the kernel's log has had at that moment about this device or type */
	bool is_known;  /* the calls know what they have refused: mount(2) would do it no better */
	bool is_read_only; /* on success: only so could it be mounted */
};

/* Notes that STAGE has failed with errno, about NAME or NULL. Returns -1; errno stays. */
int trouble_at(struct trouble *trouble, enum trouble_stage stage, const char *name);

/* Adds TEXT to one of its buffers, once. */
void trouble_say(struct buffer *buffer, const char *text);

void trouble_done(struct trouble *trouble);

#endif
