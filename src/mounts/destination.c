/* SPDX-License-Identifier: MIT */
#include "mounts/destination.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"

/* The end of the name in PATH that AT is in or before. */
static char *
end_of_name(char *at)
{
	at += strspn(at, "/");
	return at + strcspn(at, "/");
}

/* Makes PATH with all that is above it, and counts what there was not. */
static int
make_all(char *path, mode_t mode, size_t *made)
{
	char *end = path, kept;
	int result;

	while (*(end = end_of_name(end))) {
		if (!end[strspn(end, "/")])
			break;
		kept = *end;
		*end = '\0';
		result = mkdir(path, mode);
		*end = kept;
		if (result == 0)
			++*made;
		else if (errno != EEXIST)
			return -1;
	}
	if (mkdir(path, mode) == 0)
		++*made;
	else if (errno != EEXIST)
		return -1;
	return 0;
}

int
destination_open(struct destination *target, const char *path, bool make, mode_t mode)
{
	*target = (struct destination){ .fd = open(path, O_PATH | O_CLOEXEC),
					.path = memory_string(path) };
	if (target->fd >= 0)
		return 0;
	if (make && errno == ENOENT && *path && make_all(target->path, mode, &target->made) == 0)
		target->fd = open(path, O_PATH | O_CLOEXEC);
	if (target->fd >= 0)
		return 0;
	destination_undo(target);
	destination_done(target);
	return -1;
}

void
destination_undo(struct destination *target)
{
	int error = errno;
	size_t length = strlen(target->path);

	/* From the end; what was not made when making failed is not there. */
	while (target->made && length) {
		while (length > 1 && target->path[length - 1] == '/')
			length--;
		target->path[length] = '\0';
		if (rmdir(target->path) == 0)
			target->made--;
		else if (errno != ENOENT)
			break;
		while (length && target->path[length - 1] != '/')
			length--;
	}
	target->made = 0;
	errno = error;
}

void
destination_done(struct destination *target)
{
	int error = errno;

	if (target->fd >= 0)
		close(target->fd);
	free(target->path);
	*target = (struct destination){ .fd = -1 };
	errno = error;
}

void
destination_name(int fd, char name[DESTINATION_NAME_SIZE])
{
	snprintf(name, DESTINATION_NAME_SIZE, "/proc/self/fd/%d", fd);
}
