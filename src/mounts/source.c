/* SPDX-License-Identifier: MIT */
#include "mounts/source.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"
#include "mounts/disks.h"
#include "mounts/signature.h"

/* The device that NAME means if it is a tag; else NAME. */
static char *
resolve(const char *name)
{
	char place[PATH_MAX] = "", *path;
	struct disks_tag tag;

	if (disks_parse(name, &tag) <= 0)
		return memory_string(name);
	path = disks_find(&tag, place);
	disks_tag_done(&tag);
	return path ? path : memory_string(name);
}

void
source_identify(struct source *source, const char *name)
{
	struct stat status;

	*source = (struct source){ .name = resolve(name) };
	if (*source->name != '/' || stat(source->name, &status) < 0)
		return;
	source->kind = status.st_mode & S_IFMT;
	source->device = status.st_rdev;
	if (source->kind == S_IFBLK)
		return;
	source->device = status.st_dev;
	source->inode = status.st_ino;
}

bool
source_is_same_path(const char *path, const char *other)
{
	size_t length = strlen(path), other_length = strlen(other);

	while (length > 1 && path[length - 1] == '/')
		length--;
	while (other_length > 1 && other[other_length - 1] == '/')
		other_length--;
	return length == other_length && !strncmp(path, other, length);
}

bool
source_is_same(const struct source *source, const struct source *other)
{
	if (source_is_same_path(source->name, other->name))
		return true;
	return source->kind && source->kind == other->kind && source->device == other->device
	       && source->inode == other->inode;
}

void
source_done(struct source *source)
{
	free(source->name);
	*source = (struct source){ 0 };
}

char *
source_label(const char *path)
{
	struct signature signature;
	struct stat status;
	char *label = NULL;
	int fd;

	if (*path != '/' || stat(path, &status) < 0 || !S_ISBLK(status.st_mode))
		return NULL;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	if (signature_read(fd, 0, 0, &signature) == SIGNATURE_ONE && *signature.label)
		label = memory_string(signature.label);
	close(fd);
	return label;
}
