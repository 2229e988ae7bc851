/* SPDX-License-Identifier: MIT */
/* A target that stays if it does not become whole, and is found again by its name, .NAME.butter-part. */
#ifndef BUTTER_PARTIAL_H
#define BUTTER_PARTIAL_H

#include "copy/target.h"

/* Whether a NAME is as those that parts get. */
bool partial_is_name(const char *name);

/* Whether something has the name of TARGET's part. */
bool partial_is_there(struct target *target);

/*
 * Opens the part of TARGET, or makes it, and locks it: nobody else goes on with it. -1 with errno of open(2);
 * EEXIST and bar: it is somebody else's.
 */
int partial_open(struct target *target);

/*
 * It gets a temporary name, and is no part any more. -1 with errno of rename(2); EEXIST and bar: something
 * else has its name, which stays.
 */
int partial_rename(struct target *target);

#endif
