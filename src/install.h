/* SPDX-License-Identifier: MIT */
/* butter --install: links by which applets are called by their own names. */
#ifndef BUTTER_INSTALL_H
#define BUTTER_INSTALL_H

#include <stdbool.h>

/*
 * Makes in FOLDER (NULL: the one butter lies in) a relative symlink to butter for each of
 * the COUNT NAMES. What has such a name already stays, and is reported, unless FORCE; a link that
 * leads to butter is right as it is. Prints its messages and returns the exit status.
 */
int install_links(const char *folder, int count, const char *const *names, bool force);

#endif
