/* SPDX-License-Identifier: MIT */
/* Namespaces that outlive their processes: mounted on files, with messages. */
#ifndef BUTTER_KEEPING_H
#define BUTTER_KEEPING_H

#include <stdbool.h>
#include <sys/types.h>

#include "kernel/namespace.h"

struct keeping {
	const char *files
		[NAMESPACE_KINDS]; /* for the caller to fill: where each kind is kept; NULL: not at all */
	uint64_t mounts;           /* the id of the mount namespace outside, if one is kept; 0 */
	bool made[NAMESPACE_KINDS];    /* this process has made the file, */
	bool mounted[NAMESPACE_KINDS]; /* and has mounted on it */
};

/* Whether there is one to be kept. */
bool keeping_is_any(const struct keeping *keeping);

/* Outside, before there are new namespaces: what has to be known of those of now. */
void keeping_look(struct keeping *keeping);

/* Inside, once all is mounted: the mount namespace can be kept outside. */
void keeping_prepare(const struct keeping *keeping);

/*
 * Mounts the namespaces of PID (those of its children to come, of pid and time) on the files, which are made
 * where there are none. 0; or the status after a message, and all is as it was.
 */
int keeping_begin(struct keeping *keeping, pid_t pid);

/* All is as it was. */
void keeping_undo(struct keeping *keeping);

#endif
