/* SPDX-License-Identifier: MIT */
#include "kernel/openat.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <string.h>
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

/* Where somebody has just renamed or mounted something, it may have to begin again. */
static int
open_in_root(int fd, const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_IN_ROOT | resolve,
	};
	int opened, tries = 100;

	do
		opened = (int)syscall(SYS_openat2, fd, path, &how, sizeof(how));
	while (opened < 0 && errno == EAGAIN && tries--);
	return opened;
}

int
openat_in_root(int fd, const char *path)
{
	return open_in_root(fd, path, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
}

int
openat_part(int fd, const char *path)
{
	return open_in_root(fd, path, O_PATH, RESOLVE_NO_MAGICLINKS);
}

/* The same for older kernels, and for paths that are too long for a call: folder by folder. */
static int
open_each(const char *path)
{
	int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	while (fd >= 0 && *(path += strspn(path, "/"))) {
		size_t length = strcspn(path, "/");
		char name[NAME_MAX + 1];
		int above = fd;

		if (length >= sizeof(name)) {
			close(fd);
			errno = ENAMETOOLONG;
			return -1;
		}
		memcpy(name, path, length);
		name[length] = '\0';
		path += length;
		fd = openat(above, name, O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC);
		if (fd < 0) {
			int error = errno;

			close(above);
			errno = error;
			return -1;
		}
		close(above);
	}
	return fd;
}

int
openat_without_links(const char *path)
{
	struct open_how how = {
		.flags = O_PATH | O_DIRECTORY | O_CLOEXEC,
		.resolve = RESOLVE_NO_SYMLINKS,
	};
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof(how));

	if (fd >= 0 || (errno != ENOSYS && errno != EPERM && errno != ENAMETOOLONG))
		return fd;
	return open_each(path);
}
