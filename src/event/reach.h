/* SPDX-License-Identifier: MIT */
/*
 * Opening folders of the tree again, by their paths.
 *
 * The path of a root may lead elsewhere by now, without an event that would tell: a folder above it
 * was renamed, or the symbolic link to it leads to another. The root strays; its watches go on, but
 * folders that appear in it have to be opened. It is found by its handle then. A descriptor would
 * find it as well, without any privilege, but would hold its mount, and while somebody has a folder
 * open, the kernel does not tell that it was removed.
 */
#ifndef BUTTER_REACH_H
#define BUTTER_REACH_H

#include "event/files.h"

/* The root that FD is open on is watched by WD, as an object and not by name: remembers how to find it. */
void reach_anchor(struct files *files, int wd, int fd);

/*
 * Opens the folder NODE as a place (O_PATH: no event); another may have its path. -1 with errno of
 * open(2), or ENOENT where its root has strayed and is not to be found.
 */
int reach_folder(struct files *files, struct node *node);

/* Whether the root of NODE has strayed. */
bool reach_has_strayed(struct files *files, struct node *node);

/* Whether it has, and is not to be found, for a reason that has been said: it is there, but out of reach. */
bool reach_is_lost(struct node *node);

#endif
