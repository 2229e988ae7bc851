/* SPDX-License-Identifier: MIT */
/*
 * What an entry of a folder has, where it is not to be opened and /proc is not mounted: fchmodat2(2),
 * listxattrat(2).
 */
#ifndef BUTTER_ENTRY_H
#define BUTTER_ENTRY_H

#include <sys/types.h>

/* chmod(2) of what is open as FD with O_PATH. -1 with errno: ENOSYS before Linux 6.6. */
int entry_chmod(int fd, mode_t mode);

/* llistxattr(2) of NAME in FOLDER. -1 with errno: ENOSYS before Linux 6.13. */
ssize_t entry_list(int folder, const char *name, char *list, size_t size);

#endif
