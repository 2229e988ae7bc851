/* SPDX-License-Identifier: MIT */
#include "kernel/signalfd.h"

#include <errno.h>
#include <sys/signalfd.h>
#include <unistd.h>

int
signalfd_open(const sigset_t *set, sigset_t *before)
{
	int fd = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);

	/* With these arguments blocking cannot fail. */
	if (fd >= 0)
		sigprocmask(SIG_BLOCK, set, before);
	return fd;
}

int
signalfd_next(int fd)
{
	struct signalfd_siginfo info;
	ssize_t size;

	do
		size = read(fd, &info, sizeof(info));
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return errno == EAGAIN ? 0 : -1;
	return (int)info.ssi_signo;
}
