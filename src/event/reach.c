/* SPDX-License-Identifier: MIT */
#include "event/reach.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "event/walk.h"
#include "kernel/handle.h"
#include "kernel/inotify.h"
#include "kernel/mountinfo.h"

struct anchor {
	int wd;
	int mount; /* its id */
	dev_t dev;
	ino_t ino;
	struct handle handle; /* without length where there is none */
	unsigned char bytes[HANDLE_MAX];
};

/* ---- roots that have strayed ---- */

/* What is known of the folder FD. False with errno of fstat(2). */
static bool
describe(struct anchor *anchor, int fd)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return false;
	anchor->dev = status.st_dev;
	anchor->ino = status.st_ino;
	if (handle_of(fd, "", 0, anchor->bytes, &anchor->handle) < 0)
		anchor->handle.length = 0;
	return true;
}

void
reach_anchor(struct files *files, int wd, int fd)
{
	struct anchor anchor = { .wd = wd };

	anchor.mount = handle_mount(fd, "", false);
	if (describe(&anchor, fd))
		buffer_add(&files->anchors, &anchor, sizeof(anchor));
}

/* The handle of ANCHOR, of which the bytes have moved with the list. */
static struct handle
handle_in(const struct anchor *anchor)
{
	struct handle handle = anchor->handle;

	handle.bytes = anchor->bytes;
	return handle;
}

/* Whether the folder FD is that of ANCHOR; a file system may number one anew each time. */
static bool
is_folder_of(const struct anchor *anchor, int fd)
{
	struct anchor found = { 0 };
	struct handle one = handle_in(anchor), other;

	if (!describe(&found, fd))
		return true; /* nobody can tell */
	other = handle_in(&found);
	if (one.length && other.length)
		return handle_equal(&one, &other);
	return anchor->dev == found.dev && anchor->ino == found.ino;
}

struct search {
	const struct anchor *anchor;
	int fd;
};

/* Opens MOUNT if ANCHOR's folder is in it: best the one that it was seen through. */
static bool
try_mount(const struct mountinfo *mount, void *context)
{
	struct search *search = context;
	bool is_same = mount->id == search->anchor->mount;
	int fd;

	if (!is_same
	    && (search->fd >= 0 || makedev(mount->major, mount->minor) != search->anchor->dev))
		return true;
	fd = open(mount->target, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && handle_mount(fd, "", false) != mount->id) {
		close(fd);
		fd = -1;
	}
	if (fd >= 0 && search->fd >= 0)
		close(search->fd);
	if (fd >= 0)
		search->fd = fd;
	return fd < 0 || !is_same;
}

/* Any object of the file system of ANCHOR, opened with O_PATH; -1 with errno. */
static int
reach_mount(const struct anchor *anchor)
{
	struct search search = { .anchor = anchor, .fd = -1 };

	if (mountinfo_each(try_mount, &search) < 0)
		return -1;
	errno = ENODEV;
	return search.fd;
}

/* Opens HANDLE as seen through MOUNT, from there: a descriptor that will do instead makes an event. */
static int
open_from(int mount, const struct handle *handle)
{
	int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), fd = -1, error = errno;

	if (here >= 0) {
		fd = fchdir(mount) < 0 ? -1 : handle_open(AT_FDCWD, handle);
		error = errno;
		if (fchdir(here) < 0 && fd >= 0) {
			error = errno;
			close(fd);
			fd = -1;
		}
		close(here);
	}
	errno = error;
	return fd;
}

static const struct anchor *
anchor_of(const struct files *files, int wd)
{
	const struct anchor *anchors = (const void *)files->anchors.data;

	for (size_t i = 0; i < files->anchors.length / sizeof(*anchors); i++)
		if (anchors[i].wd == wd)
			return &anchors[i];
	return NULL;
}

/* The folder that ANCHOR means; -1 with errno ESTALE when it was removed. */
static int
open_anchor(const struct anchor *anchor)
{
	struct handle handle = handle_in(anchor);
	int mount = handle.opens ? reach_mount(anchor) : -1, fd, error;
	struct stat status;

	if (!handle.opens)
		errno = EOPNOTSUPP;
	if (mount < 0)
		return -1;
	fd = open_from(mount, &handle);
	error = errno;
	close(mount);
	errno = error;
	if (fd < 0 || fstat(fd, &status) < 0 || status.st_nlink)
		return fd;
	close(fd);
	errno = ESTALE;
	return -1;
}

static struct node *
root_of(struct node *node)
{
	while (node->parent)
		node = node->parent;
	return node;
}

/* The folder of which relative paths are meant; outside of a walk it is the working folder. */
static int
start_of(const struct files *files)
{
	return files->start < 0 ? AT_FDCWD : files->start;
}

bool
reach_has_strayed(struct files *files, struct node *node)
{
	struct node *root = root_of(node);
	const struct anchor *anchor = anchor_of(files, root->wd);
	int links = files->follow ? 0 : O_NOFOLLOW, fd;

	if (root->strayed || !anchor)
		return root->strayed;
	fd = openat(start_of(files), root->name, O_PATH | O_DIRECTORY | O_CLOEXEC | links);
	if (fd < 0) {
		root->strayed = errno == ENOENT || errno == ENOTDIR || errno == ELOOP;
	} else {
		root->strayed = !is_folder_of(anchor, fd);
		close(fd);
	}
	return root->strayed;
}

bool
reach_is_lost(struct node *node)
{
	const struct node *root = root_of(node);

	return root->strayed && root->refused;
}

/*
 * ROOT has strayed, and is not to be found for the reason in ERROR. Of its end there is an event, and soon
 * after that of the end of what is mounted below it.
 */
static void
tell_lost(struct files *files, struct node *root, int error)
{
	if (root->refused || files->unmounting || !inotify_has_watch(files->source.fd, root->wd))
		return;
	root->refused = true;
	if (files->strayed)
		files->strayed(root->name, error, files->context);
}

/* ROOT is at its path again: what was not watched below NODE for that it was not is looked for. */
static void
look_again(struct files *files, struct node *node)
{
	struct node *child;

	LIST_FOREACH(child, &tree_folder(node)->children, sibling)
	if (child->kind == NODE_FOLDER && child->wd < 0 && child->refused) {
		child->refused = false;
		walk_later(files, child);
	} else if (child->kind == NODE_FOLDER) {
		look_again(files, child);
	}
}

/*
 * Opens ROOT, if it has strayed; -1 when it is at its path, where it may have come back to, or is not to
 * be found.
 */
static int
open_root(struct files *files, struct node *root)
{
	const struct anchor *anchor = root->strayed ? anchor_of(files, root->wd) : NULL;
	int fd = anchor ? open_anchor(anchor) : -1, error = errno;

	if (fd >= 0 || !root->strayed)
		return fd;
	root->strayed = false;
	if (reach_has_strayed(files, root)) {
		tell_lost(files, root, error);
	} else if (root->refused) {
		root->refused = false;
		if (files->remember)
			walk_later(files, root);
		else
			look_again(files, root);
	}
	return -1;
}

/* ---- folders ---- */

/* Opens the folder PATH below FD, in parts where it is longer than the kernel takes at once. */
static int
open_long(int fd, const char *path)
{
	int above = fd, folder;

	while (strlen(path) >= PATH_MAX) {
		char part[PATH_MAX];
		size_t length = PATH_MAX - 1;
		int next;

		while (length && path[length] != '/')
			length--;
		memcpy(part, path, length);
		part[length] = '\0';
		next = openat(above, part, O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (above != fd)
			close(above);
		if (next < 0)
			return -1;
		above = next;
		path += length + strspn(path + length, "/");
	}
	folder = openat(above, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (above != fd)
		close(above);
	return folder;
}

int
reach_folder(struct files *files, struct node *node)
{
	struct node *root = root_of(node);
	int above = open_root(files, root), folder, error;
	size_t length;
	const char *path = tree_path(&files->tree, node, &length);

	if (above < 0 && root->strayed) {
		errno = ENOENT;
		return -1;
	}
	if (above < 0)
		return open_long(start_of(files), path);
	if (node == root)
		return above;
	path += strlen(root->name);
	folder = open_long(above, path + strspn(path, "/"));
	error = errno;
	close(above);
	errno = error;
	return folder;
}
