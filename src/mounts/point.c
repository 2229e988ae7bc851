/* SPDX-License-Identifier: MIT */
#include "mounts/point.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cli/buffer.h"
#include "memory.h"
#include "mounts/table.h"

/* Whether the mount ID, 0: any, is at TARGET: 1 or 0; -1 with errno of table_read. */
static int
is_mounted(const char *target, int id)
{
	struct table table;
	int found = 0;

	if (table_read(&table) < 0)
		return -1;
	/* What something else lies over has the same name, but is another mount. */
	for (size_t i = 0; i < table.count; i++)
		found |= !strcmp(table.mounts[i].target, target)
			 && (!id || id == table.mounts[i].id);
	table_done(&table);
	return found;
}

/* Appends PATH to REAL, with all links followed but, unless FOLLOW, the last one. -1 with errno. */
static int
resolve(struct buffer *real, const char *path, bool follow)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	char *folder, *found;

	follow |= !*name; /* a slash at the end follows, too */
	folder = memory_string(path);
	if (!follow)
		folder[name - path] = '\0';
	found = realpath(*folder ? folder : ".", NULL);
	free(folder);
	if (!found)
		return -1;
	buffer_text(real, found);
	if (!follow)
		buffer_print(real, "%s%s", strcmp(found, "/") ? "/" : "", name);
	free(found);
	return 0;
}

int
point_look(const char *path, bool follow, struct status *status)
{
	struct buffer real = { 0 };
	int result;

	/* That is no path, but status_at knows it as the current folder. */
	if (!*path) {
		errno = ENOENT;
		return -1;
	}
	if (status_at(AT_FDCWD, path, follow, status) < 0)
		return -1;
	if (status->root != STATUS_ROOT_UNKNOWN)
		return status->root == STATUS_IS_ROOT;
	if (resolve(&real, path, follow) < 0)
		return -1;
	result = is_mounted(buffer_string(&real), status->mount);
	buffer_done(&real);
	return result;
}

char *
point_source(const struct status *status)
{
	const struct mountinfo *mount;
	struct table table;
	char *source;

	if (table_read(&table) < 0)
		return NULL;
	mount = table_find_id(&table, status->mount);
	source = mount ? memory_string(mount->source) : NULL;
	table_done(&table);
	if (!source)
		errno = ESRCH;
	return source;
}

/* By its number, or, as btrfs has others, by its name. */
static bool
is_on(const struct mountinfo *mount, dev_t device, const char *name)
{
	return (mount->major == major(device) && mount->minor == minor(device))
	       || !strcmp(mount->source, name);
}

char *
point_of_disk(const char *path)
{
	char *name = realpath(path, NULL), *target = NULL;
	struct status status;
	struct table table;
	struct stat disk;

	if (name && stat(name, &disk) == 0 && S_ISBLK(disk.st_mode)
	    && point_look(name, true, &status) == 0 && table_read(&table) == 0) {
		for (size_t i = table.count; i-- && !target;)
			if (is_on(&table.mounts[i], disk.st_rdev, name))
				target = memory_string(table.mounts[i].target);
		table_done(&table);
	}
	free(name);
	return target;
}
