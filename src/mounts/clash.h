/* SPDX-License-Identifier: MIT */
/* Words and options that do not go together, told before anything is done. */
#ifndef BUTTER_CLASH_H
#define BUTTER_CLASH_H

#include "mounts/attach.h"

/* Why WISH can never be; NULL: it may be. */
const char *clash_find(const struct attach *wish);

/* A word that has no effect on what is bound, which has a file system already; NULL: there is none. */
const char *clash_idle(const struct words *words);

/* What of WISH /sbin/mount.TYPE cannot be told, as it is called there; NULL: nothing. */
const char *clash_helper(const struct attach *wish);

#endif
