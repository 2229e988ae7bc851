/* SPDX-License-Identifier: MIT */
#include "event/own.h"

#include <sys/stat.h>

#include "hash.h"

void
own_open(struct own *own, int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		return;
	own->is_file = true;
	own->outputs[own->count++] =
		(struct own_output){ .device = status.st_dev, .inode = status.st_ino, .wd = -1 };
}

/* The output that is the file of STATUS; NULL if none is. */
static struct own_output *
find_output(struct own *own, const struct stat *status)
{
	for (size_t i = 0; i < own->count; i++)
		if (status->st_ino == own->outputs[i].inode
		    && status->st_dev == own->outputs[i].device)
			return &own->outputs[i];
	return NULL;
}

bool
own_is(struct own *own, int wd, const char *name, const char *path)
{
	uint64_t hash, *other;
	struct own_output *output;
	struct stat status;

	for (size_t i = 0; i < own->count; i++)
		if (wd == own->outputs[i].wd && !strcmp(name, own->outputs[i].name.data))
			return true;
	hash = hash_text((uint64_t)wd * UINT64_C(0x9e3779b97f4a7c15) | 1, name);
	other = &own->others[hash >> 32 & (OWN_OTHERS - 1)];
	if (*other == hash)
		return false;
	if (stat(path, &status) < 0)
		return false;
	output = find_output(own, &status);
	if (!output) {
		*other = hash;
		return false;
	}
	output->wd = wd;
	output->name.length = 0;
	buffer_text(&output->name, name);
	buffer_string(&output->name);
	return true;
}

void
own_forget(struct own *own)
{
	for (size_t i = 0; i < own->count; i++)
		own->outputs[i].wd = -1;
	memset(own->others, 0, sizeof(own->others));
}

void
own_close(struct own *own)
{
	for (size_t i = 0; i < own->count; i++)
		buffer_done(&own->outputs[i].name);
	*own = (struct own){ .count = 0 };
}
