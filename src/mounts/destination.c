/* SPDX-License-Identifier: MIT */
#include "mounts/destination.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "memory.h"

/* A folder that was made: NAME in ABOVE. */
struct destination_made {
	int above;
	char *name;
	dev_t device;
	ino_t inode;
};

/* Remembers the folder FD, which has just been made as NAME in ABOVE; takes ABOVE. */
static void
remember(struct destination *target, int above, const char *name, int fd)
{
	struct destination_made made = { .above = above, .name = memory_string(name) };
	struct stat status;

	if (fstat(fd, &status) == 0) {
		made.device = status.st_dev;
		made.inode = status.st_ino;
	}
	target->made = memory_resize(target->made, target->count + 1, sizeof(*target->made));
	target->made[target->count++] = made;
}

/* Makes the folder NAME in ABOVE, which is taken then, and opens it. */
static int
make_one(struct destination *target, int above, const char *name, mode_t mode)
{
	int fd;

	if (mkdirat(above, name, mode) < 0)
		return -1;
	fd = openat(above, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		remember(target, above, name, fd);
	else
		unlinkat(above, name, AT_REMOVEDIR);
	return fd;
}

/* Goes on from the folder ABOVE, which is taken, to NAME in it, which is made if it is missing. */
static int
enter(struct destination *target, int above, const char *name, mode_t mode)
{
	int fd = openat(above, name, O_PATH | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT) {
		fd = make_one(target, above, name, mode);
		if (fd >= 0)
			return fd;
		/* Somebody else has made it since, or it is a link that leads nowhere. */
		if (errno == EEXIST)
			fd = openat(above, name, O_PATH | O_CLOEXEC);
	}
	file_close(above);
	return fd;
}

/* Opens PATH and makes each folder that is missing: -1 with errno. */
static int
make_all(struct destination *target, const char *path, mode_t mode)
{
	char *copy = memory_string(path), *rest;
	int fd = open(*path == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC), error;

	for (char *name = strtok_r(copy, "/", &rest); name && fd >= 0;
	     name = strtok_r(NULL, "/", &rest))
		fd = enter(target, fd, name, mode);
	error = errno;
	free(copy);
	errno = error;
	return fd;
}

int
destination_open(struct destination *target, const char *path, bool make, mode_t mode)
{
	*target = (struct destination){ .fd = open(path, O_PATH | O_CLOEXEC),
					.path = memory_string(path) };
	if (target->fd < 0 && make && errno == ENOENT && *path)
		target->fd = make_all(target, path, mode);
	if (target->fd >= 0)
		return 0;
	destination_undo(target);
	destination_done(target);
	return -1;
}

/* By its name where it was made, wherever that is now, and only if it is the same one. */
static void
remove_made(const struct destination_made *made)
{
	struct stat status;

	if (fstatat(made->above, made->name, &status, AT_SYMLINK_NOFOLLOW) == 0
	    && status.st_dev == made->device && status.st_ino == made->inode)
		unlinkat(made->above, made->name, AT_REMOVEDIR);
}

void
destination_undo(struct destination *target)
{
	int error = errno;

	for (size_t i = target->count; i--;)
		remove_made(&target->made[i]);
	errno = error;
}

void
destination_done(struct destination *target)
{
	int error = errno;

	file_close(target->fd);
	for (size_t i = 0; i < target->count; i++) {
		file_close(target->made[i].above);
		free(target->made[i].name);
	}
	free(target->made);
	free(target->path);
	*target = (struct destination){ .fd = -1 };
	errno = error;
}

void
destination_name(int fd, char name[DESTINATION_NAME_SIZE])
{
	snprintf(name, DESTINATION_NAME_SIZE, "/proc/self/fd/%d", fd);
}
