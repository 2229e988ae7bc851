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
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	/* A thread that leads no process: EINVAL, newer kernels say ENOENT. */
	if (fd < 0 && (errno == EINVAL || errno == ENOENT))
		errno = ESRCH;
	return fd;
}

int
pidfd_identity(pid_t pid, uint64_t *inode)
{
	struct statfs file_system;
	struct stat status;
	int pidfd = pidfd_of(pid), result, error;

	if (pidfd < 0)
		return -1;
	result = fstatfs(pidfd, &file_system) < 0 ? -1 : fstat(pidfd, &status);
	error = errno;
	close(pidfd);
	if (result == 0 && file_system.f_type != PID_FS_MAGIC) {
		result = -1;
		error = EOPNOTSUPP;
	}
	*inode = result == 0 ? status.st_ino : 0;
	errno = error;
	return result;
}

int
pidfd_signal(int pidfd, int signal)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}
