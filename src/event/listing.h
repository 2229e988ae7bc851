/* SPDX-License-Identifier: MIT */
/*
 * Reading a folder: what is in it, what of that is new, and which files have changed.
 */
#ifndef BUTTER_LISTING_H
#define BUTTER_LISTING_H

#include "event/files.h"

/*
 * Reads the folder NODE from FD: makes a node for what is not known, and chains the folders in it, for a
 * visit, in front of *BELOW. -1 with errno of getdents64.
 */
int listing_read(struct files *files, struct node *node, int fd, struct node **below);

#endif
