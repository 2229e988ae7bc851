/* SPDX-License-Identifier: MIT */
/* What a container has mounted in its root, with messages about what cannot be. */
#ifndef BUTTER_FURNISHING_H
#define BUTTER_FURNISHING_H

#include "cli/opt.h"

/* Whether all of LIST is of its form. 0, or the status after a message. */
int furnishing_check(const struct opt_list *list);

/*
 * Mounts, in this order, what the options of LIST say, by their names: proc, dev, tmpfs DIR, bind
 * SOURCE:DIR[:ro]. DIR is in the folder ROOT. 0, or the status after a message.
 */
int furnishing(const struct opt_list *list, const char *root);

/* Mounts ROOT, with all below it, on itself, so that nobody can write to it. */
int furnishing_read_only(const char *root);

#endif
