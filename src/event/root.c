/* SPDX-License-Identifier: MIT */
#include "event/root.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>

#include "cli/moment.h"
#include "cli/num.h"
#include "event/follow.h"
#include "event/walk.h"

int
root_open(struct files *files)
{
	if (until_open(&files->until, files->follow, NUM_FOREVER) < 0)
		return -1;
	files->until.any = true;
	files->besides[0] = (struct pollfd){ .fd = files->until.source.fd, .events = POLLIN };
	files->besides[1] = (struct pollfd){ .fd = files->until.mounts, .events = POLLPRI };
	return 0;
}

void
root_close(struct files *files)
{
	if (files->by_name)
		until_close(&files->until);
}

/* ---- looking ---- */

uint32_t
root_mask(const struct files *files, enum node_kind kind)
{
	uint32_t mask = files->mask | (files->follow ? 0 : IN_DONT_FOLLOW);

	/* A file that somebody has open lives on without its name: only the number of its links tells. */
	if (files->by_name)
		mask |= IN_MOVE_SELF | (kind == NODE_FOLDER ? 0 : IN_ATTRIB);
	return mask;
}

/* The watch of what is at the path of NODE, or -1 with errno: a new one, if it had none. */
static int
watch_path(struct files *files, const struct node *node)
{
	return inotify_watch(files->source.fd, node->name,
			     IN_MOVE_SELF | IN_MASK_ADD | (files->follow ? 0 : IN_DONT_FOLLOW));
}

bool
root_has_left(struct files *files, const struct node *node)
{
	int wd;

	if (!files->by_name || node->parent || node->wd < 0)
		return false;
	wd = watch_path(files, node);
	if (wd >= 0 && wd != node->wd && !tree_find(&files->tree, wd))
		inotify_ignore(files->source.fd, wd);
	return wd != node->wd;
}

static bool
is_missing(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

static void
trouble(struct files *files, const char *path, int error)
{
	if (files->trouble)
		files->trouble(path, error, files->context);
}

/* Watches the folder at the path of NODE and all below it. -1 with errno if not even the first. */
static int
watch_tree(struct files *files, struct node *node)
{
	if (walk_folder(files, node) == 0)
		return 0;
	if (node->wd < 0)
		return -1;
	trouble(files, node->name, errno);
	return 0;
}

static int
watch_object(struct files *files, struct node *node)
{
	int wd = inotify_watch(files->source.fd, node->name, root_mask(files, node->kind));

	if (wd >= 0 && !tree_find(&files->tree, wd))
		tree_watch(&files->tree, node, wd);
	return wd < 0 ? -1 : 0;
}

/* Watches what is at the path of the root NODE: 1, 0 there is nothing, -1 errno. */
static int
look(struct files *files, struct node *node)
{
	struct stat status;
	int flags = files->follow ? 0 : AT_SYMLINK_NOFOLLOW, result;

	node->refused = false;
	tree_folder(node)->twin = -1;
	/* Until both say the same: it may become another in between. */
	while (fstatat(AT_FDCWD, node->name, &status, flags) == 0) {
		bool is_dir = S_ISDIR(status.st_mode);

		tree_set_kind(&files->tree, node, is_dir ? NODE_FOLDER : NODE_OBJECT);
		result = files->recursive && is_dir ? watch_tree(files, node)
						    : watch_object(files, node);
		if (result < 0 && is_missing(errno))
			continue;
		if (result < 0)
			return -1;
		if (node->wd < 0) {
			/* Another root has it, or had it: then it will be looked at again. */
			tree_folder(node)->twin = watch_path(files, node);
			if (!tree_find(&files->tree, tree_folder(node)->twin))
				continue;
			return 1;
		}
		tree_set_state(&files->tree, node, NODE_UNTOLD);
		files->root_news = true;
		return 1;
	}
	return is_missing(errno) ? 0 : -1;
}

static bool
is_there(const struct files *files, const struct node *node)
{
	struct stat status;

	return fstatat(AT_FDCWD, node->name, &status, files->follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0;
}

/* Without an event that would tell it: the root NODE is lost. */
static void
lose(struct files *files, struct node *node)
{
	tree_set_state(&files->tree, node, NODE_GONE);
	files->root_news = true;
}

/* Looks for the root NODE, which waits, once more. */
static void
look_again(struct files *files, struct node *node)
{
	int result = look(files, node);

	if (result < 0)
		trouble(files, node->name, errno);
	if (result < 0 || (!result && !files->wait))
		lose(files, node);
}

/* ---- waiting ---- */

/* Whether nothing is at the path of the root NODE. */
static bool
is_awaited(const struct node *node)
{
	return node->state == NODE_AWAY && tree_folder(node)->twin < 0;
}

/* Of each root that is not lost: that it comes is waited for, or that its path leads elsewhere. */
static void
name_ways(struct files *files)
{
	struct node *root;

	until_clear(&files->until);
	LIST_FOREACH(root, &files->tree.roots, sibling)
	if (root->state != NODE_GONE)
		until_add(&files->until, root->name, is_awaited(root) ? UNTIL_EXISTS : UNTIL_LED);
}

static struct node *
nth_root(const struct files *files, size_t which)
{
	struct node *root;

	LIST_FOREACH(root, &files->tree.roots, sibling)
	if (root->state != NODE_GONE && !which--)
		return root;
	return NULL;
}

/* Once: there is a path that may come to lead elsewhere without a word. */
static void
tell_blind(struct files *files)
{
	const struct until *until = &files->until;
	const struct node *root = until->blind ? nth_root(files, until->failed) : NULL;

	if (root && !files->blind)
		trouble(files, root->name, until->blind);
	files->blind |= root != NULL;
}

/* Watches the ways to all roots, and waits for those that are not there, from this moment on. */
static void
watch_ways(struct files *files)
{
	for (;;) {
		struct node *root;
		int result;

		files->led_away = true;
		name_ways(files);
		result = until_look(&files->until);
		if (!result) {
			tell_blind(files);
			return;
		}
		if (result < 0) {
			int error = errno;

			trouble(files, buffer_string(&files->until.place), error);
			root = nth_root(files, files->until.failed);
			if (!root || !is_awaited(root))
				return;
			lose(files, root);
			continue;
		}
		LIST_FOREACH(root, &files->tree.roots, sibling)
		if (is_awaited(root))
			look_again(files, root);
	}
}

int
root_await(struct files *files, const char *path)
{
	if (!files->wait || !*path || !is_missing(errno))
		return -1;
	tree_add(&files->tree, NULL, path, NODE_OBJECT, NODE_AWAY);
	return 1;
}

int
root_begin(struct files *files)
{
	watch_ways(files);
	return files->tree.in_state[NODE_GONE] ? -1 : 0;
}

bool
root_goes_on(struct files *files, struct node *node)
{
	struct buffer shown = files->tree.path;
	struct node *root;
	int result;

	if (!files->by_name)
		return false;
	/* The event that tells of its end shows the path. */
	files->tree.path = (struct buffer){ 0 };
	files->tree.shown = NULL;
	tree_set_state(&files->tree, node, NODE_AWAY);
	node->waiting = false;
	result = look(files, node);
	if (result < 0)
		trouble(files, node->name, errno);
	/* What others have had in common with it, they have for themselves now. */
	LIST_FOREACH(root, &files->tree.roots, sibling)
	if (root != node && root->state == NODE_AWAY && tree_folder(root)->twin >= 0)
		look_again(files, root);
	if (result < 0 || (!result && !files->wait)) {
		tree_set_state(&files->tree, node, NODE_GONE);
		result = -1;
	}
	watch_ways(files);
	buffer_done(&files->tree.path);
	files->tree.path = shown;
	files->tree.shown = NULL;
	return result >= 0;
}

/* ---- events ---- */

bool
root_leaves(struct files *files, struct node *node, const struct inotify_record *record)
{
	if (!node || record->length || !(record->mask & (IN_MOVE_SELF | IN_ATTRIB))
	    || !root_has_left(files, node))
		return false;
	if (record->mask & IN_MOVE_SELF)
		follow_lose(files, node);
	else if (files->wait || is_there(files, node))
		files->doomed = node;
	/* Else it may have a successor when the last who has it open is gone. */
	return record->mask & IN_MOVE_SELF;
}

void
root_check(struct files *files)
{
	struct node *root;

	if (!files->by_name)
		return;
	LIST_FOREACH(root, &files->tree.roots, sibling)
	if (root_has_left(files, root)) {
		walk_later(files, root);
		files->wait_until = 0;
	}
}

/*
 * Whether ROOT, to which the path leads no more, is to be let go: there is another, or that is waited for.
 * Else it may come back, as the object that it is.
 */
static bool
has_successor(const struct files *files, const struct node *root)
{
	return is_there(files, root) || (files->wait && is_missing(errno));
}

/* Whether ROOT, which is another root's object, or was, has one of its own now. */
static bool
has_parted(struct files *files, struct node *root)
{
	int twin = tree_folder(root)->twin;
	bool parted = root->state == NODE_AWAY && twin >= 0 && watch_path(files, root) != twin;

	return parted && has_successor(files, root);
}

static bool
is_any_awaited(const struct files *files)
{
	const struct node *root;

	LIST_FOREACH(root, &files->tree.roots, sibling)
	if (is_awaited(root))
		return true;
	return false;
}

/* The ways have changed, or what is mounted has: which paths lead elsewhere now? */
static void
look_for_departed(struct files *files)
{
	bool mounted = files->mounted, lost_way = false;
	struct node *root;

	files->departure = mounted ? IN_UNMOUNT : IN_MOVE_SELF;
	LIST_FOREACH(root, &files->tree.roots, sibling)
	{
		if (root->state == NODE_UNTOLD)
			return; /* and then again */
		if (has_parted(files, root)) {
			look_again(files, root);
			lost_way = true;
		} else if (root_has_left(files, root)) {
			if (has_successor(files, root))
				root->departed = files->root_news = true;
			else
				lost_way |= mounted;
		}
	}
	files->mounted = files->led_away = false;
	if (lost_way)
		watch_ways(files);
}

int
root_step(struct files *files)
{
	static const struct timespec now = { 0, 0 };
	bool mounted;
	int result;

	if (!files->by_name)
		return 0;
	source_sleep(&files->source, NULL, 0, &now);
	mounted = files->besides[1].revents;
	files->mounted |= mounted;
	files->cover.changed |= mounted;
	if (!files->mounted && !files->led_away && !files->besides[0].revents)
		return 0;
	files->besides[0].revents = files->besides[1].revents = 0;
	result = until_step(&files->until, false);
	if (result > 0 || (mounted && is_any_awaited(files)))
		watch_ways(files);
	/* What else has happened to them is told first, as what it was. */
	if ((files->mounted || files->led_away) && !inotify_queued(files->source.fd))
		look_for_departed(files);
	return result < 0 ? -1 : files->root_news;
}

static void
describe(struct files *files, const struct node *node, uint32_t what, struct event *event)
{
	bool is_dir = what & (IN_CREATE | IN_UNMOUNT) && node->kind == NODE_FOLDER;

	*event = (struct event){ .time = moment_now(),
				 .names = inotify_names,
				 .what = what | (is_dir ? IN_ISDIR : 0),
				 .name = "",
				 .is_dir = is_dir,
				 .synthetic = true };
	event->dir = tree_path(&files->tree, node, &event->dir_length);
}

int
root_tell(struct files *files, struct event *event)
{
	struct node *root;

	if (!files->root_news)
		return 0;
	LIST_FOREACH(root, &files->tree.roots, sibling)
	{
		if (root->departed) {
			root->departed = false;
			describe(files, root, files->departure, event);
			follow_lose(files, root);
			return 1;
		}
		if (root->state == NODE_UNTOLD && root->wd >= 0) {
			tree_set_state(&files->tree, root, NODE_TOLD);
			describe(files, root, IN_CREATE, event);
			return 1;
		}
		if (root->state == NODE_GONE) {
			describe(files, root, IN_IGNORED, event);
			follow_let_go(files, root); /* its path stays readable */
			return 1;
		}
	}
	files->root_news = false;
	return 0;
}
