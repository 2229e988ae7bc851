/* SPDX-License-Identifier: MIT */
#include "copy/node.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "memory.h"

struct node {
	struct copy *copy;
	int from;
	const char *name;
	const struct stat *status;
	char *text; /* of a symbolic link */
	bool inherits;
	int lost; /* errno of attributes that it could not be given; 0 */
};

/* Where the symbolic link leads. NULL with errno. */
static char *
read_link(int from, const char *name, off_t size)
{
	size_t room = size > 0 ? (size_t)size + 1 : PATH_MAX;

	for (;; room *= 2) {
		char *text = memory_get(room);
		ssize_t length = readlinkat(from, name, text, room);

		if (length >= 0 && (size_t)length < room) {
			text[length] = '\0';
			return text;
		}
		free(text);
		if (length < 0)
			return NULL;
	}
}

static int
make(int folder, const char *name, void *context)
{
	const struct node *node = context;
	mode_t mode = node->status->st_mode;

	if (S_ISLNK(mode))
		return symlinkat(node->text, folder, name);
	/* Others get their rights when it has its owner and group. */
	mode &= S_IFMT | (node->copy->keeps ? 0700 : 0777);
	return mknodat(folder, name, mode, node->status->st_rdev);
}

static int
complete(int folder, const char *name, void *context)
{
	struct node *node = context;
	struct copy *copy = node->copy;
	struct attributes_entry from = { node->from, node->name }, to = { folder, name };

	/* It is there without them, too. */
	if (attributes_copy_entry(from, node->status, to, copy->keeps, node->inherits,
				  &copy->failed)
	    < 0)
		node->lost = errno;
	return 0;
}

/* As is_left of file.c, of what has no content. */
static bool
is_left(const struct copy *copy, const struct stat *status, const struct place *place)
{
	const struct timespec *time = &status->st_mtim;
	struct stat there;

	if (copy->which == COPY_ALL || copy->which == COPY_DIFFERENT || place->is_new
	    || fstatat(place->folder, place->name, &there, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	/* A folder is in the way. */
	if (S_ISDIR(there.st_mode))
		return false;
	return copy->which == COPY_MISSING || time->tv_sec < there.st_mtim.tv_sec
	       || (time->tv_sec == there.st_mtim.tv_sec && time->tv_nsec <= there.st_mtim.tv_nsec);
}

/* Whether FLAGS, of fstatat(2), let NAME in FOLDER be the file with STATUS. */
static bool
leads_to(int folder, const char *name, int flags, const struct stat *status)
{
	struct stat there;

	return fstatat(folder, name, &there, flags | AT_NO_AUTOMOUNT) == 0
	       && place_is_same(&there, status);
}

/* Whether the node is what has the name of the copy, or one of them is a link to the other. */
static bool
is_itself(const struct node *node, const struct place *place)
{
	struct stat there;

	if (place->is_new || fstatat(place->folder, place->name, &there, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	if (place_is_same(node->status, &there))
		return true;
	if (S_ISLNK(there.st_mode))
		return place->links == PLACE_FOLLOWS
		       && leads_to(place->folder, place->name, 0, node->status);
	return S_ISLNK(node->status->st_mode) && leads_to(node->from, node->name, 0, &there);
}

int
node_copy(struct copy *copy, int from, const char *name, const struct stat *status,
	  const struct place *place)
{
	struct node node = { .copy = copy,
			     .from = from,
			     .name = name,
			     .status = status,
			     .inherits = place->inherits };
	int result, error;

	if (is_left(copy, status, place)) {
		copy->skipped++;
		return 1;
	}
	copy->is_kept = false;
	copy->step = COPY_IS_SAME;
	if (is_itself(&node, place))
		return -1;
	if (copy->meets && status->st_nlink > 1) {
		result = copy->meets(status, copy->context);
		copy->skipped += result == 1;
		if (result)
			return result;
	}
	copy->step = COPY_OPEN;
	if (S_ISLNK(status->st_mode) && !(node.text = read_link(from, name, status->st_size)))
		return -1;
	copy->step = COPY_CREATE;
	result = target_make(place, copy->which == COPY_MISSING, make,
			     copy->keeps ? complete : NULL, &node);
	error = errno;
	free(node.text);
	if (result < 0 && copy->which == COPY_MISSING && copy->step == COPY_CREATE
	    && error == EEXIST)
		result = 1;
	if (result == 0 && node.lost) {
		copy->step = COPY_ATTRIBUTES;
		error = node.lost;
		result = -1;
	}
	copy->skipped += result > 0;
	errno = error;
	return result;
}

struct other {
	int from;
	const char *name;
};

static int
link_to(int folder, const char *name, void *context)
{
	const struct other *other = context;

	return linkat(other->from, other->name, folder, name, 0);
}

int
node_link(int from, const char *name, const struct place *place, bool only_new)
{
	struct other other = { from, name };

	return target_make(place, only_new, link_to, NULL, &other);
}
