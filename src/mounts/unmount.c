/* SPDX-License-Identifier: MIT */
#include "mounts/unmount.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "cli/buffer.h"
#include "kernel/filesystem.h"
#include "kernel/mount.h"
#include "kernel/openat.h"
#include "kernel/status.h"
#include "memory.h"
#include "mounts/forest.h"
#include "mounts/source.h"

/*
 * Whether the last part of PATH can only be resolved as a whole: nothing, or a folder seen from
 * inside.
 */
static bool
has_no_name(const char *name)
{
	return !*name || !strcmp(name, ".") || !strcmp(name, "..");
}

char *
unmount_resolve(const char *path)
{
	struct buffer whole = { 0 };
	size_t length = strlen(path);
	char *folder, *name, *found;

	while (length > 1 && path[length - 1] == '/')
		length--;
	folder = memory_string(path);
	folder[length] = '\0';
	name = strrchr(folder, '/');
	name = name ? name + 1 : folder;
	if (has_no_name(name)) {
		found = realpath(folder, NULL);
		free(folder);
		return found;
	}
	/* The last part is found in PATH, which is whole. */
	length -= strlen(name);
	*name = '\0';
	found = realpath(*folder ? folder : ".", NULL);
	free(folder);
	if (!found)
		return NULL;
	buffer_print(&whole, "%s%s%s", found, strcmp(found, "/") ? "/" : "", path + length);
	while (whole.length > 1 && whole.data[whole.length - 1] == '/')
		whole.length--;
	free(found);
	return buffer_string(&whole);
}

char *
unmount_follow(const char *path)
{
	const char *slash = strrchr(path, '/');
	struct buffer whole = { 0 };
	char link[PATH_MAX], *real;
	ssize_t length = readlink(path, link, sizeof(link) - 1);

	if (length < 0)
		return NULL;
	link[length] = '\0';
	if (*link != '/' && slash)
		buffer_add(&whole, path, (size_t)(slash + 1 - path));
	buffer_text(&whole, link);
	real = unmount_resolve(buffer_string(&whole));
	buffer_done(&whole);
	return real;
}

const struct mountinfo *
unmount_find_source(const struct table *table, const char *name)
{
	const struct mountinfo *found = NULL;
	struct source source;

	source_identify(&source, name);
	for (size_t i = table->count; !found && i--;) {
		const struct mountinfo *mount = &table->mounts[i];

		if (!strcmp(mount->source, source.name)
		    || (source.kind == S_IFBLK
			&& source.device == makedev(mount->major, mount->minor)))
			found = mount;
	}
	source_done(&source);
	return found;
}

/* Whether PATH is FOLDER, or in it. */
static bool
is_within(const char *path, const char *folder)
{
	size_t length = strcmp(folder, "/") ? strlen(folder) : 0;

	return *folder && !strncmp(path, folder, length) && (path[length] == '/' || !path[length]);
}

bool
unmount_is_covered(const struct table *table, const struct mountinfo *mount)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct mountinfo *other = &table->mounts[i];

		/* It branches off on the way from the root to the mount, or is on that. */
		if (is_within(mount->target, other->target)
		    && !table_is_below(table, mount, other->id)
		    && table_is_below(table, mount, other->parent))
			return true;
	}
	return false;
}

/* The one at the bottom where MOUNT is on top. */
static const struct mountinfo *
find_bottom(const struct table *table, const struct mountinfo *mount)
{
	const struct mountinfo *parent = table_parent(table, mount);

	while (parent && !strcmp(parent->target, mount->target)) {
		mount = parent;
		parent = table_parent(table, mount);
	}
	return mount;
}

static bool
is_first(const struct table *table, const struct mountinfo *mount, const struct mountinfo *wanted,
	 enum unmount_scope scope)
{
	switch (scope) {
	case UNMOUNT_STACK:
		return find_bottom(table, mount) == wanted;
	case UNMOUNT_ONE:
	case UNMOUNT_BELOW:
		return mount == wanted;
	case UNMOUNT_SOURCE:
	case UNMOUNT_SOURCE_BELOW:
		return mount->major == wanted->major && mount->minor == wanted->minor;
	case UNMOUNT_ALL:
	default:
		return true;
	}
}

/* All of TABLE, the latest first, but each after those that are in it. How many. */
static size_t
order_all(const struct table *table, size_t *order)
{
	struct forest forest;
	size_t count = 0;

	forest_grow(&forest, table, NULL);
	for (size_t i = forest.first; i != FOREST_NONE; i = forest_next(&forest, i))
		order[count++] = i;
	forest_done(&forest);
	for (size_t i = 0; i < count / 2; i++) {
		size_t other = order[i];

		order[i] = order[count - 1 - i];
		order[count - 1 - i] = other;
	}
	return count;
}

size_t *
unmount_plan(const struct table *table, const struct mountinfo *mount, enum unmount_scope scope,
	     size_t *count)
{
	bool below = scope == UNMOUNT_BELOW || scope == UNMOUNT_SOURCE_BELOW;
	bool *chosen = memory_get(table->count);
	size_t *order = memory_resize(NULL, table->count, sizeof(*order)), all;

	all = order_all(table, order);
	if (scope == UNMOUNT_BELOW || scope == UNMOUNT_STACK)
		mount = find_bottom(table, mount);
	/* Backwards: what is below comes first. */
	for (size_t i = all; i--;) {
		const struct mountinfo *at = &table->mounts[order[i]];
		const struct mountinfo *parent = below ? table_parent(table, at) : NULL;

		chosen[order[i]] = is_first(table, at, mount, scope)
				   || (parent && chosen[parent - table->mounts]);
	}
	*count = 0;
	for (size_t i = 0; i < all; i++)
		if (chosen[order[i]])
			order[(*count)++] = order[i];
	free(chosen);
	return order;
}

/*
 * With the newer calls only that changes; mount(2) has to name all else, of which the kernel does not
 * tell everything. -1 with errno.
 */
static int
make_read_only(const char *name)
{
	int fd = open(name, O_PATH | O_NOFOLLOW | O_CLOEXEC), context, result = -1, error;

	if (fd < 0)
		return -1;
	context = filesystem_pick(fd);
	if (context >= 0 && filesystem_set(context, "ro", NULL) == 0)
		result = filesystem_reconfigure(context);
	else if (context < 0 && (errno == ENOSYS || errno == EPERM))
		result = mount_make_read_only(name);
	error = errno;
	if (context >= 0)
		close(context);
	close(fd);
	errno = error;
	return result;
}

/* What is done in the folder that something is mounted in, with its NAME there. */
static int
act(const char *name, int id, unsigned how, bool read_only)
{
	struct status status;

	/*
	 * To look would take the mark of MOUNT_EXPIRE away, and old kernels might ask a server that
	 * is gone.
	 */
	if (id && !(how & (MOUNT_EXPIRE | MOUNT_FORCE))) {
		if (status_at(AT_FDCWD, name, false, &status) < 0)
			return -1;
		if (status.mount && status.mount != id) {
			errno = ESTALE;
			return -1;
		}
	}
	return read_only ? make_read_only(name) : mount_remove(name, how);
}

static int
act_at(const char *path, int id, unsigned how, bool read_only)
{
	char *folder = memory_string(path), *slash = strrchr(folder, '/');
	int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), there = -1, result = -1, error;

	if (here < 0 || !slash || !slash[1]) {
		result = act(path, id, how, read_only);
	} else {
		const char *name = path + (slash + 1 - folder);

		slash[slash == folder] = '\0';
		there = openat_without_links(folder);
		if (there >= 0 && fchdir(there) == 0)
			result = act(name, id, how, read_only);
	}
	error = errno;
	if (there >= 0) {
		/* It was the current folder: nothing is in the way. */
		if (fchdir(here) < 0)
			result = -1;
		close(there);
	}
	if (here >= 0)
		close(here);
	free(folder);
	errno = error;
	return result;
}

int
unmount_at(const char *path, int id, unsigned how)
{
	return act_at(path, id, how, false);
}

int
unmount_make_read_only(const char *path, int id)
{
	return act_at(path, id, 0, true);
}
