/* SPDX-License-Identifier: MIT */
#include "mounts/point.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buffer.h"
#include "kernel/mountinfo.h"
#include "memory.h"

struct search {
	const char *target;
	int id;       /* 0: any */
	char *source; /* of what was found */
	bool found;
};

static bool
has_target(const struct mountinfo *mount, void *context)
{
	struct search *search = context;

	/* What something else lies over has the same name, but is another mount. */
	search->found =
		!strcmp(mount->target, search->target) && (!search->id || search->id == mount->id);
	return !search->found;
}

static bool
has_id(const struct mountinfo *mount, void *context)
{
	struct search *search = context;

	search->found = mount->id == search->id;
	if (search->found)
		search->source = memory_string(mount->source);
	return !search->found;
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
	struct search search = { 0 };
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
	search.target = buffer_string(&real);
	search.id = status->mount;
	result = mountinfo_each(has_target, &search);
	buffer_done(&real);
	return result < 0 ? -1 : search.found;
}

char *
point_source(const struct status *status)
{
	struct search search = { .id = status->mount };

	if (mountinfo_each(has_id, &search) < 0)
		return NULL;
	if (!search.found)
		errno = ESRCH;
	return search.source;
}
