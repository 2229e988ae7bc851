/* SPDX-License-Identifier: MIT */
/* What a process that is in new namespaces does there before it is the command, with messages. */
#ifndef BUTTER_UNSHARING_H
#define BUTTER_UNSHARING_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/opt.h"

enum { UNSHARING_UNCHANGED = -1 };

struct unsharing {
	uint64_t flags; /* the kinds: CLONE_NEW... */
	int cgroup;     /* the folder of the one to be in; -1: that of now */
	bool has_monotonic, has_boottime;
	int64_t monotonic, boottime; /* seconds */
	bool new_session;
	int propagation; /* enum mount_propagation, or UNSHARING_UNCHANGED */
	const char *hostname;
	struct opt_list mounts;   /* as furnishing.h */
	const char *pivot, *root; /* the folder that is to be the root: DIR[:ro]; by chroot(2) */
	const char *folder;       /* the current one */
	const char *user, *group;
	bool keep_capabilities;
	struct opt_list kept; /* descriptors for the command */
};

/* *CGROUP is the folder PATH of one, open; NULL: -1. 0, or the status after a message. */
int unsharing_open_cgroup(const char *path, int *cgroup);

/*
 * Takes part in the cgroup and makes those of the namespaces that are not in DONE yet; in them the clocks are
 * set. 0, or the status after a message.
 */
int unsharing_enter(const struct unsharing *wish, uint64_t done);

/*
 * Settles in there, once the maps are written: session, mounts, name, root. 0, or the status after a message.
 */
int unsharing_settle(const struct unsharing *wish);

/* Becomes who the command is to be, with no descriptors but its own. 0, or the status after a message. */
int unsharing_dress(const struct unsharing *wish);

#endif
