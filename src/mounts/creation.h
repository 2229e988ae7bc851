/* SPDX-License-Identifier: MIT */
/* Why a file system could not be made of what was named as its source. */
#ifndef BUTTER_CREATION_H
#define BUTTER_CREATION_H

#include "mounts/tale.h"

/* Tells that of TALE, by its errno, what has been heard, and what is on the disk. */
void creation_tell(struct tale *tale);

#endif
