/* SPDX-License-Identifier: MIT */
/* What is mounted at one path. */
#ifndef BUTTER_POINT_H
#define BUTTER_POINT_H

#include <stdbool.h>

#include "kernel/status.h"

/*
 * Whether a mount begins at PATH, 1 or 0, whatever is mounted, parts of the same file system and single files
 * too; and the STATUS of what is there. Nothing is mounted for the question (autofs). -1 with errno of
 * stat(2) and, before Linux 5.8, those of table_read.
 */
int point_look(const char *path, bool follow, struct status *status);

/*
 * The source of the mount STATUS is of, to be freed. NULL with errno as table_read; ESRCH: nobody
 * knows.
 */
char *point_source(const struct status *status);

/*
 * Where the disk PATH is mounted, on top of what is mounted before, to be freed. NULL: it is no disk, is
 * mounted nowhere, or something is mounted on PATH itself.
 */
char *point_of_disk(const char *path);

#endif
