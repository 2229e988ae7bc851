/* SPDX-License-Identifier: MIT */
#include "event/own.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hash.h"

void
own_open(struct own *own, int fd)
{
	char link[32], path[PATH_MAX];
	struct own_output *output;
	struct stat status;
	ssize_t length;

	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		return;
	own->is_file = true;
	output = &own->outputs[own->count++];
	*output = (struct own_output){ .fd = fd,
				       .device = status.st_dev,
				       .inode = status.st_ino,
				       .wd = -1,
				       .doubted = true,
				       .size = status.st_size };
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	path[length < 0 ? 0 : length] = '\0';
	buffer_text(&output->name, basename(path));
	buffer_string(&output->name);
}

static bool
is_file_of(const struct own_output *output, const struct stat *status)
{
	return status->st_ino == output->inode && status->st_dev == output->device;
}

bool
own_has(const struct own *own, const struct stat *status)
{
	for (size_t i = 0; i < own->count; i++)
		if (is_file_of(&own->outputs[i], status))
			return true;
	return false;
}

static bool
is_named(const struct own_output *output, int wd, const char *name)
{
	return (output->wd < 0 || wd == output->wd) && !strcmp(name, output->name.data);
}

/* Whether OUTPUT has another size than when it was looked at last. */
static bool
has_grown(struct own_output *output)
{
	off_t before = output->size;
	struct stat status;

	if (fstat(output->fd, &status) == 0)
		output->size = status.st_size;
	return output->size != before;
}

/* Whether the file at PATH, which WD sees as NAME, is an output. What is none is remembered. */
static bool
look_at(struct own *own, int wd, const char *name, const char *path)
{
	uint64_t hash = hash_text((uint64_t)wd * UINT64_C(0x9e3779b97f4a7c15) | 1, name);
	uint64_t *other = &own->others[hash >> 32 & (OWN_OTHERS - 1)];
	struct stat status;

	if (*other == hash || stat(path, &status) < 0)
		return false;
	for (size_t i = 0; i < own->count; i++) {
		struct own_output *output = &own->outputs[i];

		if (!is_file_of(output, &status))
			continue;
		output->wd = wd;
		output->doubted = false;
		output->name.length = 0;
		buffer_text(&output->name, name);
		buffer_string(&output->name);
		return true;
	}
	*other = hash;
	return false;
}

bool
own_is(struct own *own, int wd, const char *name, const char *path, bool modified)
{
	for (size_t i = 0; i < own->count; i++)
		if (is_named(&own->outputs[i], wd, name) && !own->outputs[i].doubted)
			return true;
	if (look_at(own, wd, name, path))
		return true;
	for (size_t i = 0; i < own->count && modified; i++)
		if (is_named(&own->outputs[i], wd, name) && has_grown(&own->outputs[i]))
			return true;
	return false;
}

void
own_forget(struct own *own)
{
	for (size_t i = 0; i < own->count; i++) {
		struct own_output *output = &own->outputs[i];

		if (!output->doubted)
			has_grown(output);
		output->doubted = true;
	}
	memset(own->others, 0, sizeof(own->others));
}

void
own_close(struct own *own)
{
	for (size_t i = 0; i < own->count; i++)
		buffer_done(&own->outputs[i].name);
	*own = (struct own){ .count = 0 };
}
