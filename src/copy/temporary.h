/* SPDX-License-Identifier: MIT */
/*
 * The name that a target has until it is whole, and that nobody else has or looks for:
 * .NAME.butter-XXXXXXXX. It is removed if this process ends.
 */
#ifndef BUTTER_TEMPORARY_H
#define BUTTER_TEMPORARY_H

#include <stdbool.h>

#include "copy/target.h"

/*
 * Makes something by MAKE, a call as in target.h, under such a name in the folder of TARGET: what that
 * returns. -1 with its errno; EEXIST: there have been others too often.
 */
int temporary_make(struct target *target, int (*make)(int folder, const char *name, void *context),
		   void *context);

/* What has the temporary name gets its own; what has that is replaced, but for ONLY_NEW. -1: rename(2). */
int temporary_become(const struct target *target, bool only_new);

/* It has become what it is to be, or is no more. */
void temporary_forget(struct target *target);

/* FROM becomes TO, which nothing has if ONLY_NEW, also where renameat2(2) is none. -1: rename(2), link(2). */
int temporary_rename_entry(int folder, const char *from, const char *to, bool only_new);

#endif
