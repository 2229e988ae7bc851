/* SPDX-License-Identifier: MIT */
#include "kernel/openat.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

int
openat_unmounted(int fd, const char *name)
{
	struct open_how how = {
		.flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_NOCTTY | O_CLOEXEC,
		.resolve = RESOLVE_NO_XDEV,
	};

	return (int)syscall(SYS_openat2, fd, name, &how, sizeof(how));
}

int
openat_in_root(int fd, const char *path)
{
	struct open_how how = {
		.flags = O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT,
	};
	int opened, tries = 100;

	/* Where somebody has just renamed or mounted something, it may have to begin again. */
	do
		opened = (int)syscall(SYS_openat2, fd, path, &how, sizeof(how));
	while (opened < 0 && errno == EAGAIN && tries--);
	return opened;
}
