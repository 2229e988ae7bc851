/* SPDX-License-Identifier: MIT */
#include "event/cover.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/moment.h"
#include "event/follow.h"
#include "event/reach.h"
#include "event/walk.h"
#include "kernel/mountinfo.h"
#include "kernel/timerfd.h"
#include "memory.h"

/* ---- what is mounted ---- */

static bool
add_mount(const struct mountinfo *mount, void *context)
{
	struct buffer *text = context;

	/* The number of a mount that is gone may be that of the next one. */
	buffer_add(text, mount->target, strlen(mount->target) + 1);
	buffer_print(text, "%d %u:%u %s", mount->id, mount->major, mount->minor, mount->root);
	buffer_byte(text, '\0');
	return true;
}

/* Mounts are two strings each: where, and what. */
static const char *
what(const char *mount)
{
	return mount + strlen(mount) + 1;
}

static int
compare(const char *one, const char *other)
{
	int order = strcmp(one, other);

	return order ? order : strcmp(what(one), what(other));
}

static int
compare_entries(const void *one, const void *other)
{
	return compare(*(const char *const *)one, *(const char *const *)other);
}

/* The mounts that there are, or those that can be read, one above another first. */
static struct cover_list
read_mounts(void)
{
	struct cover_list list = { 0 };

	mountinfo_each(add_mount, &list.text);
	for (size_t at = 0; at < list.text.length; list.count++)
		at += strlen(list.text.data + at) + 1 + strlen(what(list.text.data + at)) + 1;
	list.mounts = memory_resize(NULL, list.count, sizeof(*list.mounts));
	for (size_t i = 0, at = 0; i < list.count; i++) {
		list.mounts[i] = list.text.data + at;
		at += strlen(list.mounts[i]) + 1 + strlen(what(list.mounts[i])) + 1;
	}
	qsort(list.mounts, list.count, sizeof(*list.mounts), compare_entries);
	return list;
}

static void
forget(struct cover_list *list)
{
	buffer_done(&list->text);
	free(list->mounts);
	*list = (struct cover_list){ 0 };
}

/* Mounts have changed: the places of those that are not in both lists are to be looked at. */
static void
note_changes(struct cover *cover)
{
	struct cover_list now = read_mounts(), *before = &cover->known;
	size_t i = 0, j = 0;

	while (i < before->count || j < now.count) {
		int order = i == before->count ? 1
			    : j == now.count   ? -1
					       : compare(before->mounts[i], now.mounts[j]);
		const char *place = order < 0 ? before->mounts[i] : now.mounts[j];

		if (order)
			buffer_add(&cover->places, place, strlen(place) + 1);
		i += order <= 0;
		j += order >= 0;
	}
	forget(before);
	*before = now;
}

/* ---- when ---- */

/*
 * Who mounts or unmounts often does so more than once, one below the other: looking what is there in
 * between would open what is to be unmounted next.
 */
enum {
	QUIET = 100000000,     /* nanoseconds without a change */
	PATIENCE = 2000000000, /* but no longer in all */
};

/* Places are due in a while, even if nothing else happens; where there is no timer, at once. */
static void
arm(struct files *files)
{
	struct pollfd *timer = &files->besides[2];

	if (timer->fd < 0)
		*timer = (struct pollfd){ .fd = timerfd_open(CLOCK_MONOTONIC), .events = POLLIN };
	if (timer->fd < 0 || timerfd_arm(timer->fd, QUIET, 0, false, false) < 0)
		files->cover.due = true;
}

static void
look_when_quiet(struct files *files)
{
	int64_t now = timerfd_now(CLOCK_MONOTONIC);

	if (!files->cover.since)
		files->cover.since = now;
	if (now - files->cover.since < PATIENCE)
		arm(files);
}

/* Whether all that has been found is told, so that places can be found in the tree. */
static bool
is_settled(const struct files *files)
{
	return !files->tree.in_state[NODE_UNTOLD] && !files->waiting.length
	       && !follow_is_waiting(files);
}

/* Whether there are places to be looked at now. */
static bool
is_due(struct files *files)
{
	struct cover *cover = &files->cover;

	cover->changed |= files->besides[1].revents;
	files->besides[1].revents = 0;
	if (cover->changed && cover->known.count) {
		note_changes(cover);
		if (cover->places.length)
			look_when_quiet(files);
	}
	cover->changed = false;
	if (files->besides[2].revents) {
		files->besides[2].revents = 0;
		timerfd_wait(files->besides[2].fd);
		cover->due = cover->places.length;
	}
	if (!cover->due || is_settled(files))
		return cover->due;
	arm(files);
	return false;
}

/* ---- where in the tree that is ---- */

/* Where PATH is below the root ROOT: "" for that itself; NULL: nowhere. */
static const char *
below(struct files *files, struct node *root, const char *path)
{
	char link[32], real[PATH_MAX];
	ssize_t length;
	int fd;

	if (root->kind != NODE_FOLDER || root->wd < 0)
		return NULL;
	reach_has_strayed(files, root);
	fd = reach_folder(files, root);
	if (fd < 0)
		return NULL;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, real, sizeof(real));
	close(fd);
	if (length <= 0 || strncmp(path, real, (size_t)length) != 0)
		return NULL;
	path += length;
	return real[length - 1] == '/' || *path == '/' || !*path ? path + strspn(path, "/") : NULL;
}

/* The folder below ROOT that the reader knows as PATH; NULL: none. */
static struct node *
find(struct files *files, struct node *root, const char *path)
{
	char *copy = memory_string(path), *rest = copy, *name;
	struct node *node = root;

	while (node && node->kind == NODE_FOLDER && (name = strsep(&rest, "/")))
		node = tree_child(&files->tree, node, name, NODE_TOLD);
	free(copy);
	return node && node->kind == NODE_FOLDER ? node : NULL;
}

/*
 * Something was mounted where the folder NODE is, or is not mounted there any more: 1 and *EVENT where that
 * makes it another, 0, or -1: the queue has more, which may explain it.
 */
static int
look_at(struct files *files, struct node *node, struct event *event)
{
	int another = node->wd < 0 ? 0 : walk_finds_another(files, node);

	if (another || node->wd < 0)
		node->refused = false;
	if (node->wd < 0)
		walk_next(files, node);
	if (another <= 0)
		return another;
	*event = (struct event){ .time = moment_now(),
				 .names = inotify_names,
				 .what = IN_UNMOUNT | IN_ISDIR,
				 .name = "",
				 .is_dir = true,
				 .synthetic = true };
	event->dir = tree_path(&files->tree, node, &event->dir_length);
	follow_unwatch(files, node);
	walk_later(files, node);
	return 1;
}

/* The same of all that is known as PATH, until there is something to tell; and then from there on. */
static int
look_at_path(struct files *files, const char *path, struct event *event)
{
	size_t which = 0, *done = &files->cover.roots;
	struct node *root;

	LIST_FOREACH(root, &files->tree.roots, sibling)
	{
		const char *rest = which++ < *done ? NULL : below(files, root, path);
		struct node *node = rest && *rest ? find(files, root, rest) : NULL;
		int result = node ? look_at(files, node, event) : 0;

		if (result > 0)
			*done = which;
		if (result)
			return result;
	}
	*done = 0;
	return 0;
}

int
cover_tell(struct files *files, struct event *event)
{
	struct cover *cover = &files->cover;
	int result;

	if (!is_due(files))
		return 0;
	while (cover->next < cover->places.length) {
		const char *place = cover->places.data + cover->next;

		result = look_at_path(files, place, event);
		if (result)
			return result > 0;
		cover->next += strlen(place) + 1;
		/* What is there is known when it has been read: the next one may be in it. */
		if (files->waiting.length)
			return -1;
	}
	cover->places.length = cover->next = 0;
	cover->since = 0;
	cover->due = false;
	return 0;
}

void
cover_open(struct files *files)
{
	struct pollfd *mounts = &files->besides[1];

	if (mounts->fd < 0)
		*mounts = (struct pollfd){ .fd = mountinfo_open(), .events = POLLPRI };
	if (mounts->fd >= 0 && !files->cover.known.count)
		files->cover.known = read_mounts();
}

void
cover_close(struct files *files)
{
	if (files->besides[1].fd >= 0 && !files->by_name)
		close(files->besides[1].fd);
	if (files->besides[2].fd >= 0)
		close(files->besides[2].fd);
	files->besides[1].fd = files->besides[2].fd = -1;
	forget(&files->cover.known);
	buffer_done(&files->cover.places);
}
