/* SPDX-License-Identifier: MIT */
/* How much there is to copy: for those who want to see how far it is. */
#ifndef BUTTER_SIZE_H
#define BUTTER_SIZE_H

#include "copy/tree.h"

/* Bytes of a file, but for holes; ONCE: all its names together get that. */
uint64_t size_of_file(const struct stat *status, bool once);

/*
 * Bytes of the files below PATH, as far as TREE would copy them (but for what it leaves out). What cannot be
 * read is none.
 */
uint64_t size_of_tree(const struct tree *tree, const char *path);

#endif
