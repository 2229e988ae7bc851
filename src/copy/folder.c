/* SPDX-License-Identifier: MIT */
#include "copy/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "memory.h"

struct folder *
folder_new(struct folder *parent, const char *name, const char *new_name)
{
	struct folder *folder = memory_get(sizeof(*folder));

	*folder = (struct folder){ .parent = parent,
				   .name = memory_string(name),
				   .new_name = memory_string(new_name),
				   .from = -1,
				   .to = -1 };
	return folder;
}

/* ---- which are open ---- */

static void
leave_list(struct folders *folders, struct folder *folder)
{
	*(folder->older ? &folder->older->newer : &folders->oldest) = folder->newer;
	*(folder->newer ? &folder->newer->older : &folders->newest) = folder->older;
	folder->older = folder->newer = NULL;
}

static void
enter_list(struct folders *folders, struct folder *folder)
{
	folder->older = folders->newest;
	*(folders->newest ? &folders->newest->newer : &folders->oldest) = folder;
	folders->newest = folder;
}

static void
shut(struct folders *folders, struct folder *folder)
{
	leave_list(folders, folder);
	close(folder->from);
	close(folder->to);
	folder->from = folder->to = -1;
	folders->count--;
}

/* Makes room for one more. */
static void
make_room(struct folders *folders)
{
	struct folder *folder = folders->oldest;

	while (folder && folders->count >= folders->most) {
		struct folder *next = folder->newer;

		/* That of an operand is where all begin that are opened again. */
		if (!folder->held && folder->parent)
			shut(folders, folder);
		folder = next;
	}
}

/* ---- opening ---- */

static int
open_source(const struct folder *folder)
{
	/* Of an operand, what a link leads to, if the name ends with a slash. */
	return openat(folder->parent ? folder->parent->from : AT_FDCWD,
		      *folder->name ? folder->name : ".",
		      O_RDONLY | O_DIRECTORY | O_CLOEXEC | (folder->follows ? 0 : O_NOFOLLOW));
}

static int
open_target(const struct folder *folder)
{
	/* Where the operand is to go has been found out. */
	bool follows = !folder->parent && (folder->is_outer || folder->links == PLACE_FOLLOWS);
	int flags = O_DIRECTORY | (follows ? 0 : O_NOFOLLOW);
	int where = folder->parent ? folder->parent->to : AT_FDCWD;
	const char *name = *folder->new_name ? folder->new_name : ".";
	int fd = openat(where, name, O_RDONLY | O_CLOEXEC | flags);

	/* What may only be written and entered is good enough to copy into. */
	return fd < 0 && errno == EACCES ? openat(where, name, O_PATH | O_CLOEXEC | flags) : fd;
}

/* FD is what it was, whose STATUS was that; of the first time it is what it is. */
static int
check(int fd, struct stat *status, bool is_first)
{
	struct stat now;

	if (fstat(fd, &now) < 0)
		return -1;
	if (is_first)
		*status = now;
	if (place_is_same(status, &now))
		return 0;
	errno = ESTALE;
	return -1;
}

/* Both descriptors, of which the first may be open. */
static int
open_both(struct folders *folders, struct folder *folder)
{
	int error;

	if (folder->from < 0)
		folder->from = open_source(folder);
	if (folder->from >= 0)
		folder->to = open_target(folder);
	if (folder->from >= 0 && folder->to >= 0
	    && check(folder->from, &folder->status, !folder->is_read) == 0
	    && check(folder->to, &folder->to_status, !folder->is_read) == 0) {
		folder->is_read = true;
		folders->count++;
		enter_list(folders, folder);
		return 0;
	}
	error = errno;
	if (folder->from >= 0)
		close(folder->from);
	if (folder->to >= 0)
		close(folder->to);
	folder->from = folder->to = -1;
	errno = error;
	return -1;
}

static int
open_again(struct folders *folders, struct folder *folder)
{
	/* One after the other from the nearest above on: however deep it is. */
	while (folder->from < 0) {
		struct folder *next = folder;
		int result;

		while (next->parent && next->parent->from < 0)
			next = next->parent;
		if (next->parent)
			next->parent->held++;
		make_room(folders);
		result = open_both(folders, next);
		if (next->parent)
			next->parent->held--;
		if (result < 0)
			return -1;
	}
	return 0;
}

int
folder_hold(struct folders *folders, struct folder *folder)
{
	if (folder->from < 0 && open_again(folders, folder) < 0)
		return -1;
	folder->held++;
	if (folders->newest != folder) {
		leave_list(folders, folder);
		enter_list(folders, folder);
	}
	return 0;
}

void
folder_let_go(struct folders *folders, struct folder *folder)
{
	folder->held--;
	if (folders->count > folders->most)
		make_room(folders);
}

/*
 * Makes it, or, where it is there, lets its owner write to it until it is done: MODE is what it gets in the
 * end.
 */
static int
make_target(struct folder *folder, int mode, bool is_set)
{
	int where = folder->parent ? folder->parent->to : AT_FDCWD;
	struct stat there;

	/* An operand that is no folder is copied into one that is there. */
	if (!*folder->new_name || folder->is_outer)
		return 0;
	folder->is_new = mkdirat(where, folder->new_name, (mode_t)mode) == 0;
	if (folder->is_new || errno != EEXIST)
		return folder->is_new ? 0 : -1;
	if (!is_set || fstatat(where, folder->new_name, &there, AT_SYMLINK_NOFOLLOW) < 0
	    || !S_ISDIR(there.st_mode) || (there.st_mode & 0700) == 0700 || !there.st_uid
	    || there.st_uid != geteuid())
		return 0;
	return fchmodat(where, folder->new_name, (there.st_mode & 07777) | 0700, 0);
}

static bool
is_in_itself(const struct folder *folder)
{
	const struct folder *above = folder->parent;

	while (above && !place_is_same(&above->status, &folder->status))
		above = above->parent;
	return above;
}

static int
enter(struct folders *folders, struct folder *folder, int mode, const struct stat *never,
      bool *at_output)
{
	mode_t own;

	*at_output = false;
	make_room(folders);
	folder->from = open_source(folder);
	if (folder->from < 0 || fstat(folder->from, &folder->status) < 0)
		return -1;
	if (never && place_is_same(&folder->status, never))
		return 1;
	if (folder->follows && is_in_itself(folder))
		return 2;
	*at_output = true;
	own = (folder->status.st_mode & 0777) | 0700;
	if (make_target(folder, mode < 0 ? (int)own : mode, mode >= 0) < 0)
		return -1;
	return open_both(folders, folder);
}

int
folder_enter(struct folders *folders, struct folder *folder, int mode, const struct stat *never,
	     bool *at_output)
{
	struct folder *parent = folder->parent;
	int result, error;

	*at_output = false;
	if (parent && folder_hold(folders, parent) < 0)
		return -1;
	result = enter(folders, folder, mode, never, at_output);
	error = errno;
	if (result && folder->from >= 0) {
		close(folder->from);
		folder->from = -1;
	}
	if (result == 0)
		folder->held++;
	if (parent)
		folder_let_go(folders, parent);
	errno = error;
	return result;
}

void
folder_free(struct folders *folders, struct folder *folder)
{
	if (folder->from >= 0)
		shut(folders, folder);
	free(folder->name);
	free(folder->new_name);
	free(folder);
}

/* Appends what leads to FOLDER, from the operand on or below that, and a slash. */
static void
add_path(struct buffer *path, const struct folder *folder, bool of_target, bool with_operand)
{
	const struct folder **chain;
	size_t count = 0, at = 0;

	for (const struct folder *one = folder; one; one = one->parent)
		count += one->parent || with_operand;
	chain = memory_resize(NULL, count, sizeof(*chain));
	for (const struct folder *one = folder; at < count; one = one->parent)
		chain[at++] = one;
	while (at--) {
		const char *name = of_target ? chain[at]->new_name : chain[at]->name;

		buffer_text(path, name);
		if (*name && name[strlen(name) - 1] != '/')
			buffer_byte(path, '/');
	}
	free(chain);
}

void
folder_path_below(struct buffer *path, const struct folder *folder, const char *name)
{
	add_path(path, folder, false, false);
	buffer_text(path, name);
}

void
folder_path(struct buffer *path, const struct folder *folder, const char *name, bool of_target)
{
	add_path(path, folder, of_target, true);
	if (name)
		buffer_text(path, name);
	else if (path->length > 1)
		path->length--; /* the slash */
}
