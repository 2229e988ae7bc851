/* SPDX-License-Identifier: MIT */
#include "mounts/mounted.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "kernel/loop.h"
#include "mounts/point.h"
#include "mounts/source.h"

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
	char *real = realpath(path, NULL);
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

/* Whether what is mounted by MOUNT is SOURCE, or on the disk that SOURCE is. */
static bool
is_of(const struct mountinfo *mount, const struct source *source, uint64_t offset)
{
	struct source other;
	bool result;

	if (source->kind == S_IFBLK && source->device == makedev(mount->major, mount->minor))
		return true;
	source_identify(&other, mount->source);
	result = source_is_same(source, &other)
		 || (source->kind == S_IFREG && other.kind == S_IFBLK
		     && loop_has(other.name, source->name, offset));
	source_done(&other);
	return result;
}

/* Whether one of the mounts at the place of TOP is what WISH wants. */
static bool
is_among(const struct table *table, const struct mountinfo *top, const struct mounted_wish *wish)
{
	struct source source;
	bool result = false;

	source_identify(&source, wish->source);
	for (size_t i = table->count; i-- && !result;) {
		const struct mountinfo *mount = &table->mounts[i];

		if (strcmp(mount->target, top->target))
			continue;
		result = wish->is_bind ? is_bind_of(table, mount, wish->source)
				       : has_root(mount, wish->root)
						 && is_of(mount, &source, wish->offset);
	}
	source_done(&source);
	return result;
}

/* The mount ID; NULL: it has gone. -1 with errno: nobody knows. */
static int
find_mount(struct mounted *mounted, int id, const struct mountinfo **mount)
{
	*mount = mounted->is_read ? table_find_id(&mounted->table, id) : NULL;
	if (*mount)
		return 0;
	/* Others mount, too. */
	mounted_forget(mounted);
	if (table_read(&mounted->table) < 0)
		return -1;
	mounted->is_read = true;
	*mount = table_find_id(&mounted->table, id);
	return 0;
}

int
mounted_look(struct mounted *mounted, const struct mounted_wish *wish)
{
	const struct mountinfo *top;
	struct status status;

	/* What is missing, or cannot be looked at, mounting will tell. */
	if (point_look(wish->target, true, &status) <= 0)
		return 0;
	if (find_mount(mounted, status.mount, &top) < 0)
		return -1;
	return top && is_among(&mounted->table, top, wish);
}

void
mounted_forget(struct mounted *mounted)
{
	if (mounted->is_read)
		table_done(&mounted->table);
	mounted->is_read = false;
}
