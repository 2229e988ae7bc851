/* SPDX-License-Identifier: MIT */
#include "event/files.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/stat.h>

#include "cli/moment.h"
#include "event/cover.h"
#include "event/follow.h"
#include "event/root.h"
#include "event/walk.h"
#include "event/window.h"
#include "process/signals.h"

enum {
	READ_SIZE = 1 << 16, /* bytes of the kernel's queue at a time */
	/* Nanoseconds. At a million events a second these are 250 of the 16384 that it holds. */
	GATHER = 250000,
};

/* Keeps the tree as the last event says. */
static void
follow_last(struct files *files)
{
	struct node *node = files->last;

	files->last = NULL;
	if (node && files->recursive)
		follow_event(files, node, &files->record);
	if (!files->lost)
		return;
	files->lost = false;
	follow_forget(files);
	if (!files->remember) {
		root_check(files);
		return;
	}
	window_forget(files);
	walk_again(files);
}

static void
describe(struct files *files, const struct node *node, const struct inotify_record *record,
	 struct event *event)
{
	*event = (struct event){ .time = files->source.read_at,
				 .names = inotify_names,
				 .what = record->mask,
				 .dir = "",
				 .name = record->name,
				 .name_length = record->length,
				 .cookie = record->cookie,
				 .is_dir = record->mask & IN_ISDIR };
	if (node)
		event->dir = tree_path(&files->tree, node, &event->dir_length);
}

/* Whether the record is not for the reader: of a watch that was let go, or of what has no path now. */
static bool
is_stale(const struct files *files, const struct node *node, uint32_t mask)
{
	if (!node)
		return !(mask & IN_Q_OVERFLOW);
	if (!files->tree.in_state[NODE_GONE])
		return false;
	if (node->state == NODE_GONE)
		return !(mask & (IN_DELETE_SELF | IN_IGNORED | IN_UNMOUNT));
	while (node && node->state != NODE_GONE)
		node = node->parent;
	return node;
}

/*
 * Whether the record tells of nothing but that its forerunners have been written; or read,
 * for who follows the output would have something to read for ever.
 */
static bool
is_own(struct files *files, const struct node *node, const struct inotify_record *record)
{
	struct buffer *path = &files->name;
	const char *dir;
	size_t length;

	if (!files->own.is_file || !node)
		return false;
	if (record->mask & (IN_CREATE | IN_MOVE))
		own_forget(&files->own);
	if (!(record->mask & (IN_MODIFY | IN_ACCESS | IN_OPEN | IN_CLOSE)))
		return false;
	dir = tree_path(&files->tree, node, &length);
	path->length = 0;
	buffer_add(path, dir, length);
	buffer_text(path, record->name);
	return own_is(&files->own, record->wd, record->name, buffer_string(path),
		      record->mask & IN_MODIFY);
}

/* What is due to be told before the next record: 1 and *EVENT, or 0. */
static int
decode_found(struct files *files, struct event *event)
{
	do
		if (root_tell(files, event) || window_tell(files, event))
			return 1;
	while (walk_waiting(files));
	return 0;
}

/* The next record that is for the reader: 1 and *EVENT, 0 when the buffer has no more, -1 errno. */
static int
decode_record(struct files *files, struct event *event)
{
	struct source *source = &files->source;
	struct inotify_record *record = &files->record;
	size_t size = inotify_decode(source->buffer + source->offset,
				     source->length - source->offset, record);
	struct node *node = size ? tree_find(&files->tree, record->wd) : NULL;

	if (!size) {
		errno = EPROTO;
		return -1;
	}
	files->explained |= node != NULL;
	if (!(record->mask & IN_IGNORED))
		files->unmounting = record->mask & IN_UNMOUNT;
	if (is_stale(files, node, record->mask) || is_own(files, node, record)) {
		source->offset += size;
		if (node && record->mask & IN_IGNORED)
			follow_end(files, node);
		return 0;
	}
	if (node && window_tell_before(files, node, record, event))
		return 1; /* and the record the next time */
	source->offset += size;
	describe(files, node, record, event);
	/* What happens in it is only heard once it is watched. */
	source->hurry |= files->recursive && record->mask & IN_ISDIR
			 && record->mask & (IN_CREATE | IN_MOVED_TO);
	if (record->mask & IN_Q_OVERFLOW)
		files->lost = true;
	else if (record->mask & IN_IGNORED)
		follow_end(files, node); /* its path stays readable */
	else if (!root_leaves(files, node, record))
		files->last = node;
	return 1;
}

static int
decode(struct source *source, struct event *event)
{
	struct files *files = (struct files *)source;

	follow_last(files);
	for (;;) {
		int result = decode_found(files, event);

		if (result)
			return result;
		if (source->offset >= source->length) {
			result = follow_caught_up(files) ? 1 : root_step(files);
			if (result < 0)
				return -1;
			if (!result && (result = cover_tell(files, event)) > 0)
				return 1;
			if (!result)
				break;
			continue;
		}
		result = decode_record(files, event);
		if (result)
			return result;
	}
	if (source->emptied && files->remember && files->complete != source->read_at) {
		files->complete = source->read_at;
		files->ahead = moment_ahead();
	}
	return 0;
}

int
files_follow_names(struct files *files, bool wait)
{
	if (root_open(files) < 0)
		return -1;
	files->by_name = true;
	files->wait = wait;
	return 0;
}

static int
watch_one(struct files *files, const char *path, bool is_dir)
{
	enum node_kind kind = is_dir ? NODE_FOLDER : NODE_OBJECT;
	int wd = inotify_watch(files->source.fd, path, root_mask(files, kind));
	bool known = tree_find(&files->tree, wd);
	struct node *node;

	if (wd < 0)
		return -1;
	if (known && !files->by_name)
		return 0;
	node = tree_add(&files->tree, NULL, path, kind, known ? NODE_AWAY : NODE_TOLD);
	if (known)
		tree_folder(node)->twin = wd; /* it can be replaced without the other */
	else
		tree_watch(&files->tree, node, wd);
	return 0;
}

static int
watch_all(struct files *files, const char *path)
{
	struct node *node = tree_add(&files->tree, NULL, path, NODE_FOLDER, NODE_TOLD);
	int error;

	if (walk_root(files, node) == 0)
		return 0;
	error = errno;
	follow_let_go(files, node);
	errno = error;
	return -1;
}

int
files_watch(struct files *files, const char *path)
{
	struct stat status;
	int result;

	if (files->recursive)
		cover_open(files);
	result = fstatat(AT_FDCWD, path, &status, files->follow ? 0 : AT_SYMLINK_NOFOLLOW);
	if (result == 0 && files->recursive && S_ISDIR(status.st_mode))
		result = watch_all(files, path);
	else if (result == 0)
		result = watch_one(files, path, S_ISDIR(status.st_mode));
	return result < 0 ? root_await(files, path) : 0;
}

int
files_begin(struct files *files)
{
	return files->by_name ? root_begin(files) : 0;
}

void
files_output(struct files *files, int fd)
{
	own_open(&files->own, fd);
}

size_t
files_roots(const struct files *files)
{
	return files->tree.root_count;
}

/* How many folders are known below NODE, and it itself, that have no watch and are to have one. */
static size_t
count_unwatched(struct files *files, const struct node *node)
{
	const struct node *child;
	size_t count;

	if (node->kind == NODE_FILE || node->state > NODE_UNTOLD)
		return 0;
	count = node->wd < 0 && tree_folder(node)->twin < 0 && !walk_skips(files, node);
	LIST_FOREACH(child, &tree_folder(node)->children, sibling)
	count += count_unwatched(files, child);
	return count;
}

size_t
files_needed(struct files *files)
{
	size_t needed = files->tree.watched + (files->by_name ? until_needs(&files->until) : 0);
	const struct node *root;

	LIST_FOREACH(root, &files->tree.roots, sibling)
	needed += count_unwatched(files, root);
	return needed;
}

bool
files_see_mounts(const struct files *files)
{
	return files->besides[1].fd >= 0 || (!files->by_name && !files->recursive);
}

size_t
files_count(const struct files *files)
{
	return files->tree.watched;
}

int
files_open(struct files *files, uint32_t mask, bool recursive, bool follow_links)
{
	int fd = inotify_open();

	if (fd < 0)
		return -1;
	if (recursive && mask & IN_CLOSE_WRITE)
		signals_ignore(SIGIO); /* kernel/lease.h */
	*files = (struct files){
		.mask = mask, .recursive = recursive, .follow = follow_links, .start = -1
	};
	source_open(&files->source, fd, READ_SIZE, sizeof(struct inotify_event) + NAME_MAX + 1);
	files->source.nonblocking = true;
	files->source.rest = GATHER;
	files->source.decode = decode;
	for (int i = 0; i < SOURCE_BESIDES; i++)
		files->besides[i].fd = -1;
	files->source.besides = files->besides;
	files->source.besides_count = SOURCE_BESIDES;
	return 0;
}

void
files_close(struct files *files)
{
	source_close(&files->source);
	cover_close(files);
	root_close(files);
	tree_done(&files->tree);
	window_forget(files);
	buffer_done(&files->anchors);
	buffer_done(&files->windows);
	buffer_done(&files->moves);
	buffer_done(&files->waiting);
	buffer_done(&files->unexplained);
	buffer_done(&files->twins);
	buffer_done(&files->name);
	own_close(&files->own);
	buffer_done(&files->first_left_out);
}
