/* SPDX-License-Identifier: MIT */
/* What is said of files that could not be copied, and what helps. */
#ifndef BUTTER_COPYTELL_H
#define BUTTER_COPYTELL_H

#include "copy/file.h"
#include "copying.h"

/*
 * Says what COPY could not do, errno, of FROM and TO, and what helps: the status. Of a reader who has left,
 * copying_say tells.
 */
int copytell(const struct copy *copy, const char *from, const char *to, struct copying *copying);

/* Whether PATH, which is no `-`, is, or leads to, a folder. errno stays. */
bool copytell_is_folder(const char *path);

#endif
