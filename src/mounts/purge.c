/* SPDX-License-Identifier: MIT */
#include "mounts/purge.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "kernel/openat.h"
#include "kernel/status.h"

/* Opens the folder NAME in FD, unless something is mounted there. */
static int
open_within(int fd, const char *name)
{
	int inner = openat_unmounted(fd, name);
	struct status above, status;

	if (inner >= 0 || (errno != ENOSYS && errno != EPERM))
		return inner;
	inner = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (inner < 0)
		return -1;
	if (status_at(fd, "", false, &above) == 0 && status_at(inner, "", false, &status) == 0
	    && above.mount && above.mount == status.mount)
		return inner;
	close(inner);
	errno = EXDEV;
	return -1;
}

void
purge(int fd)
{
	DIR *stream = fdopendir(fd);
	const struct dirent *entry;

	if (!stream) {
		close(fd);
		return;
	}
	while ((entry = readdir(stream))) {
		int inner;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")
		    || unlinkat(fd, entry->d_name, 0) == 0)
			continue;
		inner = open_within(fd, entry->d_name);
		if (inner < 0)
			continue;
		purge(inner);
		unlinkat(fd, entry->d_name, AT_REMOVEDIR);
	}
	closedir(stream);
}
