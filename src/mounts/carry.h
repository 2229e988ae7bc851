/* SPDX-License-Identifier: MIT */
/* Mounts that come along into another root: /dev, /proc, /sys and /run. */
#ifndef BUTTER_CARRY_H
#define BUTTER_CARRY_H

enum { CARRY_COUNT = 4 };

/* Which they are: /dev, ... */
const char *carry_path(int which);

/*
 * Whether that is a mount which comes along to NEW_ROOT, a whole path: 1; 0: there is nothing to be
 * carried, it holds NEW_ROOT, or what is there has its own mount, which is not covered; -1: there is no
 * folder for it.
 */
int carry_look(int which, const char *new_root);

/*
 * Moves all that comes along into the current folder, which is NEW_ROOT: a bit for each. In *LOST is one for
 * each that could not.
 */
unsigned carry_all(const char *new_root, unsigned *lost);

/* What has been MOVED, a bit for each, comes back. */
void carry_back(unsigned moved);

#endif
