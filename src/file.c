/* SPDX-License-Identifier: MIT */
#include "file.h"

#include <errno.h>
#include <unistd.h>

ssize_t
file_read(int fd, char *text, size_t room)
{
	size_t length = 0;

	while (length < room) {
		ssize_t size = read(fd, text + length, room - length);

		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			return -1;
		if (!size)
			break;
		length += (size_t)size;
	}
	return (ssize_t)length;
}

void
file_close(int fd)
{
	int error = errno;

	if (fd >= 0)
		close(fd);
	errno = error;
}
