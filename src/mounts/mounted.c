/* SPDX-License-Identifier: MIT */
#include "mounts/mounted.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cli/buffer.h"
#include "kernel/loop.h"
#include "mounts/point.h"
#include "mounts/source.h"

/* Which folder of its file system the PATH is that lies in MOUNT, to be freed; NULL: it does not. */
static char *
find_root(const struct mountinfo *mount, const char *path)
{
	size_t length = strcmp(mount->target, "/") ? strlen(mount->target) : 0;
	const char *rest = path + length;
	struct buffer root = { 0 };

	if (strncmp(path, mount->target, length) || (*rest && *rest != '/'))
		return NULL;
	rest = strcmp(rest, "/") ? rest : "";
	buffer_text(&root, *rest && !strcmp(mount->root, "/") ? "" : mount->root);
	buffer_text(&root, rest);
	return buffer_string(&root);
}

/* Whether MOUNT is what a bind of PATH gives. */
static bool
is_bind_of(const struct table *table, const struct mountinfo *mount, const char *path)
{
	char *real = realpath(path, NULL), *root = NULL;
	const struct mountinfo *origin = NULL;
	struct status status;
	bool result;

	if (real && status_at(AT_FDCWD, real, true, &status) == 0)
		origin = table_find_id(table, status.mount);
	if (origin)
		root = find_root(origin, real);
	result = root && origin->major == mount->major && origin->minor == mount->minor
		 && !strcmp(root, mount->root);
	free(real);
	free(root);
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
