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

pid_t
pidfd_pid(int pidfd)
{
	char path[64], text[1024], *line;
	ssize_t length;
	const char *error;
	pid_t pid;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	length = file_read(fd, text, sizeof(text) - 1);
	close(fd);
	text[length < 0 ? 0 : length] = '\0';
	line = strstr(text, "\nPid:\t");
	if (!line) {
		errno = EBADF;
		return -1;
	}
	line += strlen("\nPid:\t");
	line[strcspn(line, "\n")] = '\0';
	/* -1: it has ended, and was waited for. */
	pid = (pid_t)strtonum(line, -1, INT_MAX, &error);
	return error || pid < 0 ? 0 : pid;
}

int
pidfd_signal(int pidfd, int signal)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
}
