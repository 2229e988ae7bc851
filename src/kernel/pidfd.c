/* SPDX-License-Identifier: MIT */
#include "kernel/pidfd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "file.h"
#include "kernel/compat.h"
#include "kernel/fdinfo.h"

int
pidfd_of(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	/* A thread that leads no process: EINVAL, newer kernels say ENOENT. */
	if (fd < 0 && (errno == EINVAL || errno == ENOENT))
		errno = ESRCH;
	return fd;
}

uint64_t
pidfd_inode(int pidfd)
{
	struct statfs file_system;
	struct stat status;

	if (fstatfs(pidfd, &file_system) < 0 || file_system.f_type != PID_FS_MAGIC
	    || fstat(pidfd, &status) < 0)
		return 0;
	return status.st_ino;
}

int
pidfd_identity(pid_t pid, uint64_t *inode)
{
	int pidfd = pidfd_of(pid);

	if (pidfd < 0)
		return -1;
	*inode = pidfd_inode(pidfd);
	close(pidfd);
	errno = EOPNOTSUPP;
	return *inode ? 0 : -1;
}

/* Takes the number out of the line that has it. */
static bool
take_pid(const char *line, void *context)
{
	static const char key[] = "Pid:\t";
	pid_t *pid = context;
	const char *error;

	if (strncmp(line, key, strlen(key)) != 0)
		return false;
	/* -1: it has ended, and was waited for. */
	*pid = (pid_t)strtonum(line + strlen(key), -1, INT_MAX, &error);
	if (error || *pid < 0)
		*pid = 0;
	return true;
}

pid_t
pidfd_pid(int pidfd)
{
	pid_t pid;
	int found = fdinfo_find(0, pidfd, take_pid, &pid);

	if (found > 0)
		return pid;
	if (!found)
		errno = EBADF;
	return -1;
}

int
pidfd_signal(int pidfd, int signal)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}

int
pidfd_take(pid_t pid, int fd)
{
	int pidfd = pidfd_of(pid), taken, error;

	if (pidfd < 0)
		return -1;
	taken = (int)syscall(SYS_pidfd_getfd, pidfd, fd, 0);
	error = errno;
	close(pidfd);
	errno = error;
	return taken;
}
