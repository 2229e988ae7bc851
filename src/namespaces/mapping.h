/* SPDX-License-Identifier: MIT */
/* The ids of a new user namespace, as they are typed: made, checked and written, with messages. */
#ifndef BUTTER_MAPPING_H
#define BUTTER_MAPPING_H

#include <stdbool.h>

#include "cli/opt.h"
#include "process/idmaps.h"

enum { MAPPING_ALLOW = 1, MAPPING_DENY = 2 };

struct mapping {
	/* What is typed: */
	bool root, current, automatic; /* -r, -c, --map-auto */
	struct opt_list users, groups; /* ranges (idmaps_parse), or auto, subids, all */
	const char *user, *group;      /* what the caller's own id is inside; NULL: nothing */
	uint64_t setgroups;            /* MAPPING_ALLOW, MAPPING_DENY; 0: as it has to be */

	/* Made. */
	struct idmap user_map, group_map;
	bool denies;    /* setgroups(2) inside */
	uid_t own_user; /* outside: inside, they may have no number */
	gid_t own_group;
};

/* The options that say it. */
void mapping_options(struct opt_table *table, struct mapping *mapping);

/* Whether one of them was given. */
bool mapping_is_wanted(const struct mapping *mapping);

/* Makes the maps. 0, or the status after a message. */
int mapping_make(struct mapping *mapping);

/*
 * Whether there is something to be written; whether somebody inside can do that, without any rights outside.
 */
bool mapping_is_any(const struct mapping *mapping);
bool mapping_is_own(const struct mapping *mapping);

/*
 * Writes them for the user namespace of PID (0: the caller's own), in the order that the kernel wants; by
 * newuidmap(1) and newgidmap(1) where the caller may not. 0, or the status after a message.
 */
int mapping_write(const struct mapping *mapping, pid_t pid);

#endif
