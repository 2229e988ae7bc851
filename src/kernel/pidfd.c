/* SPDX-License-Identifier: MIT */
#include "kernel/pidfd.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/compat.h"

int
pidfd_of(pid_t pid)
{
	return (int)syscall(SYS_pidfd_open, pid, 0);
}

int
pidfd_inode(int pidfd, uint64_t *inode)
{
	struct statfs file_system;
	struct stat status;

	if (fstatfs(pidfd, &file_system) < 0 || fstat(pidfd, &status) < 0)
		return -1;
	if (file_system.f_type != PID_FS_MAGIC) {
		errno = EOPNOTSUPP;
		return -1;
	}
	*inode = status.st_ino;
	return 0;
}
