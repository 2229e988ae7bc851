/* SPDX-License-Identifier: MIT */
/* The root of processes changed, and why it cannot be. */
#ifndef BUTTER_ROOT_CHANGE_H
#define BUTTER_ROOT_CHANGE_H

#include <limits.h>
#include <stdbool.h>

#include "mounts/carry.h"

/* What is in the way of pivot_root(2), found by looking; in the kernel's order. */
enum root_reason {
	ROOT_REASON_UNKNOWN,
	ROOT_NEW_CANNOT_BE_OPENED, /* as a folder, ERROR */
	ROOT_OLD_CANNOT_BE_OPENED,
	ROOT_FORBIDDEN,        /* no CAP_SYS_ADMIN in the user namespace that owns the mounts */
	ROOT_FILTERED,         /* refused in spite of that: a seccomp profile */
	ROOT_OLD_IS_SHARED,    /* the mount PLACE that PUT_OLD is on */
	ROOT_NEW_IS_IN_SHARED, /* the mount PLACE that NEW_ROOT is mounted on */
	ROOT_IS_IN_SHARED,     /* the mount that / is mounted on */
	ROOT_NEW_IS_ELSEWHERE, /* outside of the present root, or in another mount namespace */
	ROOT_NEW_IS_ROOT,      /* NEW_ROOT is / */
	ROOT_NEW_IS_ON_ROOT,   /* NEW_ROOT is on the mount that / is */
	ROOT_OLD_IS_ON_ROOT,   /* PUT_OLD is */
	ROOT_IS_NO_MOUNT,      /* / is not: a folder, by chroot(2) */
	ROOT_IS_INITIAL,       /* / is the initramfs, which nothing is below */
	ROOT_NEW_IS_NO_MOUNT,  /* NEW_ROOT is not, but in the mount PLACE */
	ROOT_OLD_IS_NOT_BELOW, /* PUT_OLD is not below NEW_ROOT */
	ROOT_NEW_IS_LOCKED,    /* mounted before the user namespace was made */
	ROOT_CANNOT_BE_SEEN,   /* nobody tells: without /proc, on older kernels */
};

/* Where a change has failed. */
enum root_step {
	ROOT_ENTER,  /* open or enter the new root, or the old one */
	ROOT_SETTLE, /* keep what is mounted here from others */
	ROOT_BIND,   /* make the new root a mount */
	ROOT_PIVOT,  /* pivot_root(2) */
	ROOT_MOVE,   /* move the new root to where the initramfs is */
	ROOT_DETACH, /* from here on the root is the new one: take the old one away */
	ROOT_AFTER,  /* make / the current folder */
};

struct root_trouble {
	enum root_step step;
	int error;
	enum root_reason
		reason; /* of ROOT_ENTER, ROOT_SETTLE and ROOT_PIVOT, found when it was so */
	char place[PATH_MAX];
};

/* pivot_root(2), and / is the current folder then. -1 with errno, and the TROUBLE. */
int root_pivot(const char *new_root, const char *put_old, struct root_trouble *trouble);

/*
 * Makes the folder NEW_ROOT the root, whatever it takes: nothing spreads from here to other mount
 * namespaces any more, and NEW_ROOT is mounted on itself if it is no mount. The old root is at PUT_OLD
 * then, or, NULL, no more. With ALONE this process has no others to take along, and may leave the
 * initramfs. The current folder is /. -1 with errno, and the TROUBLE; then, but from ROOT_DETACH on, the root
 * and the current folder are the old ones, and NEW_ROOT is as it was.
 */
int root_change(const char *new_root, const char *put_old, bool alone,
		struct root_trouble *trouble);

/* Whether all that is in the root is in memory, and nowhere else: an initramfs, as a rule. */
bool root_is_in_memory(void);

/*
 * Whether the root is the one that the machine has begun with, mounted in no other: the initramfs.
 * errno stays.
 */
bool root_is_initial(void);

/* Beside the bits of carry_all. */
enum { ROOT_OLD_STAYS = 1 << CARRY_COUNT };

/*
 * Makes the mount NEW_ROOT the root of this process, which is alone. What carry.h is about comes along;
 * for what could not there is a bit in *LOST, and ROOT_OLD_STAYS where the old root could not be taken
 * away. *OLD is the old root if it was the initial one, to be emptied, or -1. The current folder is /. -1
 * with errno, and the *STEP; then, but for ROOT_AFTER, all is where it was.
 */
int root_switch(const char *new_root, int *old, unsigned *lost, enum root_step *step);

#endif
