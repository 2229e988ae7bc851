/* SPDX-License-Identifier: MIT */
#include "kernel/entry.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/compat.h"

int
entry_chmod(int fd, mode_t mode)
{
	return (int)syscall(NUMBER_FCHMODAT2, fd, "", mode, AT_EMPTY_PATH);
}

ssize_t
entry_list(int folder, const char *name, char *list, size_t size)
{
	return syscall(NUMBER_LISTXATTRAT, folder, name, AT_SYMLINK_NOFOLLOW, list, size);
}

int
entry_rename_new(int folder, const char *from, const char *to)
{
	return (int)syscall(SYS_renameat2, folder, from, folder, to, RENAME_NOREPLACE);
}
