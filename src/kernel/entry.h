/* SPDX-License-Identifier: MIT */
/*
 * Entries of folders: what they have, where they are not to be opened and /proc is not mounted,
 * fchmodat2(2), listxattrat(2); and renameat2(2), which musl has no function for before 1.2.4.
 */
#ifndef BUTTER_ENTRY_H
#define BUTTER_ENTRY_H

#include <sys/types.h>

/* chmod(2) of what is open as FD with O_PATH. -1 with errno: ENOSYS before Linux 6.6. */
int entry_chmod(int fd, mode_t mode);

/* llistxattr(2) of NAME in FOLDER. -1 with errno: ENOSYS before Linux 6.13. */
ssize_t entry_list(int folder, const char *name, char *list, size_t size);

/*
 * Renames FROM to TO in FOLDER, unless something has that name (EEXIST). -1 with errno; EINVAL: the file
 * system cannot, ENOSYS: a seccomp profile does not know the call.
 */
int entry_rename_new(int folder, const char *from, const char *to);

#endif
