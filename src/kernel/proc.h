/* SPDX-License-Identifier: MIT */
/* /proc, also from another mount namespace, where there may be none, or another one; proc(5). */
#ifndef BUTTER_PROC_H
#define BUTTER_PROC_H

/*
 * The /proc of now is the one of proc_open, whatever becomes the root or the mount namespace of this
 * process. -1 with errno of open(2).
 */
int proc_keep(void);

/*
 * Opens PATH, such as "self/mountinfo", below /proc ("": /proc itself); FLAGS of open(2),
 * close-on-exec in any case. -1 with errno of openat(2): ENOENT (no such file, or no /proc).
 */
int proc_open(const char *path, int flags);

#endif
