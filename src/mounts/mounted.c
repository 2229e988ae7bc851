/* SPDX-License-Identifier: MIT */
#include "mounts/mounted.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cli/buffer.h"
#include "kernel/loop.h"
#include "memory.h"
#include "mounts/point.h"
#include "mounts/source.h"

/* Ends PATH before its last name, at LENGTH, which is returned. */
static size_t
cut_name(char *path, size_t length)
{
	while (length && path[length - 1] == '/')
		length--;
	while (length && path[length - 1] != '/')
		length--;
	path[length] = '\0';
	return length;
}

/*
 * PATH without links, to be freed; of what is not there, since something covers it, the rest is as it is
 * spelled. NULL: it cannot be looked at.
 */
static char *
real_path(const char *path)
{
	char *real = realpath(path, NULL), *folder;
	size_t length = strlen(path);
	struct buffer whole = { 0 };

	if (real)
		return real;
	folder = memory_string(path);
	while (!real && length && errno == ENOENT) {
		length = cut_name(folder, length);
		real = realpath(length ? folder : ".", NULL);
	}
	free(folder);
	if (!real)
		return NULL;
	buffer_print(&whole, "%s/%s", strcmp(real, "/") ? real : "", path + length);
	while (whole.length > 1 && whole.data[whole.length - 1] == '/')
		whole.length--;
	free(real);
	return buffer_string(&whole);
}

/* Whether MOUNT shows what the path REAL is in the mount ORIGIN. */
static bool
shows(const struct mountinfo *mount, const struct mountinfo *origin, const char *real)
{
	size_t length = strcmp(origin->target, "/") ? strlen(origin->target) : 0;
	size_t root = strcmp(origin->root, "/") ? strlen(origin->root) : 0;
	const char *rest = real + length;

	if (origin->major != mount->major || origin->minor != mount->minor
	    || strncmp(real, origin->target, length) || (*rest && *rest != '/'))
		return false;
	rest = strcmp(rest, "/") ? rest : "";
	if (!root && !*rest)
		return !strcmp(mount->root, "/");
	return !strncmp(mount->root, origin->root, root) && !strcmp(mount->root + root, rest);
}

/*
 * Whether MOUNT is what a bind of PATH has given: what is there, or what has been covered since, by what is
 * mounted on it, itself if need be.
 */
static bool
is_bind_of(const struct table *table, const struct mountinfo *mount, const char *path)
{
	char *real = real_path(path);
	bool result = false;

	for (size_t i = 0; real && i < table->count && !result; i++)
		result = &table->mounts[i] != mount && shows(mount, &table->mounts[i], real);
	free(real);
	return result;
}

/* Whether MOUNT shows the folder of its file system that it is to show. */
static bool
has_root(const struct mountinfo *mount, const char *root)
{
	static const char *const others[] = { "btrfs", "cgroup", "nfs", "ceph" };

	if (root) {
		root += strspn(root, "/");
		return !strcmp(mount->root + (*mount->root == '/'), root);
	}
	/* Without being asked, too, these show a part. */
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (!strncmp(mount->type, others[i], strlen(others[i])))
			return true;
	return !strcmp(mount->root, "/");
}

/* Whether what is mounted by MOUNT is SOURCE, called NAME, or on the disk that SOURCE is. */
static bool
is_of(const struct mountinfo *mount, const char *name, const struct source *source, uint64_t offset)
{
	struct source other;
	bool result;

	if (source_is_same_path(name, mount->source))
		return true;
	if (source->kind == S_IFBLK && source->device == makedev(mount->major, mount->minor))
		return true;
	source_identify(&other, mount->source);
	result = source_is_same(source, &other)
		 || (source->kind == S_IFREG && other.kind == S_IFBLK
		     && loop_has(other.name, source->name, offset));
	source_done(&other);
	return result;
}

/* What the source NAME is: a file or a disk, from the current folder too, or what it is for its type. */
static void
identify(struct source *source, const char *name)
{
	char *path = *name == '/' ? NULL : realpath(name, NULL);

	source_identify(source, path ? path : name);
	free(path);
}

/* Whether one of the mounts at TARGET, as the kernel calls it, is what WISH wants. */
static bool
is_among(const struct table *table, const char *target, const struct mounted_wish *wish)
{
	struct source source = { 0 };
	bool result = false;

	for (size_t i = table->count; i-- && !result;) {
		const struct mountinfo *mount = &table->mounts[i];

		if (strcmp(mount->target, target))
			continue;
		if (!wish->is_bind && !source.name)
			identify(&source, wish->source);
		result = wish->is_bind
				 ? is_bind_of(table, mount, wish->source)
				 : has_root(mount, wish->root)
					   && is_of(mount, wish->source, &source, wish->offset);
	}
	source_done(&source);
	return result;
}

/* Reads the table, if it has not been, or if it does not have the mount ID; 0: any. -1 with errno. */
static int
read_with(struct mounted *mounted, int id)
{
	if (mounted->is_read && (!id || table_find_id(&mounted->table, id)))
		return 0;
	mounted_forget(mounted);
	if (table_read(&mounted->table) < 0)
		return -1;
	mounted->is_read = true;
	return 0;
}

/* Whether WISH is mounted at its target by name: what is above may have been covered. */
static bool
is_named(struct mounted *mounted, const struct mounted_wish *wish)
{
	char *target = real_path(wish->target);
	bool result =
		target && read_with(mounted, 0) == 0 && is_among(&mounted->table, target, wish);

	free(target);
	return result;
}

/* Whether MOUNT is at PATH. */
static bool
is_at(const struct mountinfo *mount, const char *path)
{
	char *real = real_path(path);
	bool result = real && !strcmp(real, mount->target);

	free(real);
	return result;
}

/*
 * The mount ID, which is at PATH, or NULL. What was read before may be about one that had the same number
 * then, and is gone.
 */
static const struct mountinfo *
find(struct mounted *mounted, int id, const char *path)
{
	const struct mountinfo *mount = table_find_id(&mounted->table, id);

	if (!mount || is_at(mount, path))
		return mount;
	mounted_forget(mounted);
	return read_with(mounted, id) < 0 ? NULL : table_find_id(&mounted->table, id);
}

int
mounted_look(struct mounted *mounted, const struct mounted_wish *wish, int *top)
{
	const struct mountinfo *mount;
	struct status status, source;
	int is_root = point_look(wish->target, true, &status);

	if (is_root < 0)
		*top = errno == ENOENT ? 0 : -1;
	else
		*top = status.mount ? status.mount : -1;
	if (is_root <= 0)
		return is_named(mounted, wish);
	/* What a bind is of may have been mounted since, by us or by others. */
	if (wish->is_bind && status_at(AT_FDCWD, wish->source, true, &source) == 0
	    && read_with(mounted, source.mount) < 0)
		return -1;
	if (!status.mount)
		mounted_forget(mounted);
	if (read_with(mounted, status.mount) < 0)
		return -1;
	mount = find(mounted, status.mount, wish->target);
	return mount ? is_among(&mounted->table, mount->target, wish) : is_named(mounted, wish);
}

void
mounted_forget(struct mounted *mounted)
{
	if (mounted->is_read)
		table_done(&mounted->table);
	mounted->is_read = false;
}
