/* SPDX-License-Identifier: MIT */
/* What is no file and no folder, copied: a symbolic link, device, FIFO or socket becomes another one. */
#ifndef BUTTER_NODE_H
#define BUTTER_NODE_H

#include "copy/file.h"

/*
 * Copies NAME in the folder FROM, whose STATUS that is, to PLACE, by COPY's which, keeps and meets. As
 * copy_to_place.
 */
int node_copy(struct copy *copy, int from, const char *name, const struct stat *status,
	      const struct place *place);

/*
 * Makes the file NAME in the folder FROM have another name, PLACE, which need not be free unless
 * ONLY_NEW. -1 with errno of link(2).
 */
int node_link(int from, const char *name, const struct place *place, bool only_new);

#endif
