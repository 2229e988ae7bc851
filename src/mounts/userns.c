/* SPDX-License-Identifier: MIT */
#include "mounts/userns.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "file.h"

bool
userns_is_inside(void)
{
	char map[100];
	int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : file_read(fd, map, sizeof(map) - 1);

	if (fd >= 0)
		close(fd);
	if (size <= 0)
		return false;
	map[size] = '\0';
	return !strstr(map, " 4294967295");
}
