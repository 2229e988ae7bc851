/* SPDX-License-Identifier: MIT */
/* Mounts, and roots, to which their paths do not lead any more: a part of tell.h. */
#ifndef BUTTER_ASTRAY_H
#define BUTTER_ASTRAY_H

#include "event/marks.h"

/* What is not at the path any more that the user gave is told by where it is. */
void astray_labels(struct marks *marks);

/* Some file systems may not be mounted any more where they were. */
void astray_look(struct marks *marks);

/*
 * When a folder above a mount is renamed, nothing tells so. Paths of what has just been read are those of
 * where it is now.
 */
void astray_follow(struct marks *marks);

#endif
