/* SPDX-License-Identifier: MIT */
#include "event/own.h"

#include <sys/stat.h>

#include "hash.h"

void
own_open(struct own *own, int fd)
{
	struct stat status;

	*own = (struct own){ .wd = -1 };
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode))
		return;
	own->is_file = true;
	own->device = status.st_dev;
	own->inode = status.st_ino;
}

bool
own_is(struct own *own, int wd, const char *name, const char *path)
{
	uint64_t hash, *other;
	struct stat status;

	if (wd == own->wd && !strcmp(name, own->name.data))
		return true;
	hash = hash_text((uint64_t)wd * UINT64_C(0x9e3779b97f4a7c15) | 1, name);
	other = &own->others[hash >> 32 & (OWN_OTHERS - 1)];
	if (*other == hash)
		return false;
	if (stat(path, &status) < 0)
		return false;
	if (status.st_ino != own->inode || status.st_dev != own->device) {
		*other = hash;
		return false;
	}
	own->wd = wd;
	own->name.length = 0;
	buffer_text(&own->name, name);
	buffer_string(&own->name);
	return true;
}

void
own_forget(struct own *own)
{
	own->wd = -1;
	memset(own->others, 0, sizeof(own->others));
}

void
own_close(struct own *own)
{
	buffer_done(&own->name);
	*own = (struct own){ .wd = -1 };
}
