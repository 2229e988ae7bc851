/* SPDX-License-Identifier: MIT */
#include "event/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/inotify.h"
#include "memory.h"

enum {
	READ_SIZE = 1 << 16, /* bytes of the kernel's queue at a time */
	LIST_SIZE = 1 << 15, /* bytes of a folder's entries at a time, as libc does */
	MOST_OPEN = 32,      /* folders that a walk keeps open on its way down */
	/* What is needed to follow the tree, whatever the user wants to see. */
	FOLLOW_TREE = IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_MOVE_SELF,
	/* What the walk itself does to the folders that it reads. */
	OWN_DOING = IN_OPEN | IN_ACCESS | IN_CLOSE_NOWRITE,
};

/* ---- watching ---- */

/*
 * The walk goes down folder by folder, each from the one above as working folder:
 * watch it, so that nothing falls between, read it, visit what is in it. Only after that
 * the watch is told about opening and reading: nobody asked for the walk's own.
 *
 * A step of it: the folder and, while it is open, its descriptor.
 */
struct step {
	struct step *up; /* NULL above the user's path: the working folder at start */
	struct node *node;
	int fd;
	struct chain
		below; /* the folders in it, not visited yet; chained as the watched ones are */
};

static int visit(struct files *files, struct step *up, struct node *node);

static void
trouble(struct files *files, const struct node *node, int error)
{
	size_t length;

	if (files->trouble)
		files->trouble(tree_path(&files->tree, node, &length), error, files->context);
}

/* Opens the folder PATH below FD as a place (O_PATH: no event), in parts where it is longer than
 * the kernel takes at once. */
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

static int
open_node(struct files *files, const struct node *node)
{
	size_t length;

	return open_long(files->start, tree_path(&files->tree, node, &length));
}

static void
leave(struct files *files, struct step *step)
{
	static struct step elsewhere;

	if (files->here == step)
		files->here = &elsewhere; /* STEP's memory will be another's */
	if (step->fd < 0)
		return;
	close(step->fd);
	step->fd = -1;
	files->open_folders--;
}

/* Makes STEP's folder the working folder, opening it again if it was closed on the way down. -1
 * with errno. */
static int
enter(struct files *files, struct step *step)
{
	if (files->here == step)
		return 0;
	if (step && step->fd < 0) {
		step->fd = open_node(files, step->node);
		if (step->fd < 0)
			return -1;
		files->open_folders++;
	}
	if (!step && files->start < 0 ? chdir("/") < 0 : fchdir(step ? step->fd : files->start) < 0)
		return -1;
	files->here = step;
	return 0;
}

/* Whether the entry is a folder; asks only where the file system does not say. */
static bool
is_folder(int fd, const char *name, unsigned char type)
{
	struct stat status;

	if (type != DT_UNKNOWN)
		return type == DT_DIR;
	return fstatat(fd, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
}

static bool
is_dots(const char *name)
{
	return name[0] == '.' && (!name[1] || (name[1] == '.' && !name[2]));
}

/* Reads the folder and makes a node, not watched yet, for each folder in it. -1 with errno. */
static int
list(struct files *files, struct step *step)
{
	static _Alignas(struct dirent64) char entries[LIST_SIZE];
	ssize_t size;

	while ((size = getdents64(step->fd, (void *)entries, sizeof(entries))) > 0)
		for (ssize_t at = 0; at < size;) {
			const struct dirent64 *entry = (const void *)(entries + at);

			at += entry->d_reclen;
			if (is_folder(step->fd, entry->d_name, entry->d_type)
			    && !is_dots(entry->d_name)) {
				struct node *node =
					tree_add(&files->tree, step->node, entry->d_name, true);

				SLIST_INSERT_HEAD(&step->below, node, same_wd);
			}
		}
	return size < 0 ? -1 : 0;
}

/* Errors that mean that the folder is no longer there, or is no longer one: normal while others
 * work. */
static bool
is_gone(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

/* Errors that the next folder would meet as well. */
static bool
is_exhausted(int error)
{
	return error == ENOSPC || error == EMFILE || error == ENFILE || error == ENOMEM;
}

/* NODE cannot be watched, for the reason in errno: 0 when the walk goes on without it. */
static int
give_up(struct files *files, struct node *node)
{
	int error = errno;

	if (node->parent && !is_exhausted(error)) {
		if (!is_gone(error))
			trouble(files, node, error);
		error = 0;
	}
	tree_remove(&files->tree, node);
	errno = error;
	return error ? -1 : 0;
}

/*
 * Whether KNOWN is no longer where its path says, and NODE, which is in the working folder, is
 * where it has gone. Only certainty counts: what cannot be looked at stays where it was.
 */
static bool
has_moved(struct files *files, const struct node *known, const struct node *node)
{
	struct stat there, here;
	int fd = open_node(files, known);
	bool moved;

	if (fd < 0)
		return is_gone(errno);
	moved = fstat(fd, &there) == 0
		&& fstatat(AT_FDCWD, node->name, &here, AT_SYMLINK_NOFOLLOW) == 0
		&& (there.st_ino != here.st_ino || there.st_dev != here.st_dev);
	close(fd);
	return moved;
}

/* Whether NODE is ABOVE or below it. */
static bool
is_below(const struct node *node, const struct node *above)
{
	while (node && node != above)
		node = node->parent;
	return node;
}

/*
 * The watch just given to NODE's folder is that of KNOWN already. Either the folder has
 * moved here faster than the news of it, or it can be seen in two places (bind
 * mounts, operands that overlap): then the first one stays.
 */
static void
settle(struct files *files, struct node *known, struct node *node)
{
	struct node *parent = node->parent;
	bool moved = known->parent && parent && !is_below(parent, known)
		     && has_moved(files, known, node);
	char *name;

	if (!moved) {
		tree_remove(&files->tree, node);
		return;
	}
	name = memory_string(node->name);
	tree_remove(&files->tree, node);
	tree_move(&files->tree, known, parent, name);
	free(name);
}

static bool
is_skipped(struct files *files, const struct node *node)
{
	size_t length;

	return files->skip && node->parent
	       && files->skip(tree_path(&files->tree, node, &length), files->context);
}

/* Sets the watch of NODE, which is in the working folder, or adds to one that the folder has already. */
static int
watch_here(struct files *files, const struct node *node, uint32_t mask)
{
	if (node->parent || !files->follow)
		mask |= IN_DONT_FOLLOW;
	return inotify_watch(files->source.fd, node->name,
			     mask | FOLLOW_TREE | IN_ONLYDIR | IN_MASK_ADD);
}

/* Reads STEP's folder and visits those in it. */
static int
descend(struct files *files, struct step *step)
{
	int links = step->node->parent || !files->follow ? O_NOFOLLOW : 0;
	int result = 0;

	step->fd = openat(AT_FDCWD, step->node->name,
			  O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY | links);
	if (step->fd < 0) {
		if (is_exhausted(errno))
			return -1;
		if (!is_gone(errno))
			trouble(files, step->node, errno);
		return 0;
	}
	if (++files->open_folders > MOST_OPEN && step->up)
		leave(files, step->up);
	if (list(files, step) < 0 && !is_gone(errno))
		trouble(files, step->node, errno);
	while (!SLIST_EMPTY(&step->below)) {
		struct node *node = SLIST_FIRST(&step->below);

		SLIST_REMOVE_HEAD(&step->below, same_wd);
		if (result == 0)
			result = visit(files, step, node);
		else
			tree_remove(&files->tree, node);
	}
	leave(files, step);
	return result;
}

/* The walk has read NODE: from here on its watch tells also what the walk does not do any more. */
static int
complete(struct files *files, struct step *up, struct node *node)
{
	int wd;

	if (enter(files, up) < 0)
		return is_exhausted(errno) ? -1 : 0;
	wd = watch_here(files, node, files->mask);
	/* Another folder has this name by now. Its own event is on its way. */
	if (wd >= 0 && wd != node->wd && !tree_find(&files->tree, wd))
		inotify_ignore(files->source.fd, wd);
	return 0;
}

static int
visit(struct files *files, struct step *up, struct node *node)
{
	struct step step = { .up = up, .node = node, .fd = -1 };
	struct node *known;
	int wd;

	if (is_skipped(files, node)) {
		tree_remove(&files->tree, node);
		return 0;
	}
	if (enter(files, up) < 0)
		return give_up(files, node);
	wd = watch_here(files, node, files->mask & ~(uint32_t)OWN_DOING);
	if (wd < 0)
		return give_up(files, node);
	known = tree_find(&files->tree, wd);
	if (known) {
		settle(files, known, node);
		return 0;
	}
	tree_watch(&files->tree, node, wd);
	if (descend(files, &step) < 0)
		return -1;
	return files->mask & OWN_DOING ? complete(files, up, node) : 0;
}

/* Visits NODE; the working folder is the same before and after, if it can be. */
static int
walk(struct files *files, struct node *node)
{
	struct step above = { .node = node->parent, .fd = -1 };
	int result, error;
	size_t length;

	/* Who may not search the working folder cannot come back to it: / will do for absolute paths. */
	files->start = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (files->start < 0 && (errno != EACCES || *tree_path(&files->tree, node, &length) != '/'))
		return give_up(files, node);
	files->open_folders = 0;
	files->here = NULL;
	result = visit(files, node->parent ? &above : NULL, node);
	error = errno;
	leave(files, &above);
	if (enter(files, NULL) < 0 && result == 0) {
		result = -1;
		error = errno;
	}
	if (files->start >= 0)
		close(files->start);
	files->start = -1;
	errno = error;
	return result;
}

static int
watch_one(struct files *files, const char *path, bool is_dir)
{
	int wd = inotify_watch(files->source.fd, path,
			       files->mask | (files->follow ? 0 : IN_DONT_FOLLOW));

	if (wd < 0)
		return -1;
	if (!tree_find(&files->tree, wd))
		tree_watch(&files->tree, tree_add(&files->tree, NULL, path, is_dir), wd);
	return 0;
}

int
files_watch(struct files *files, const char *path)
{
	struct stat status;
	bool is_dir;

	if (fstatat(AT_FDCWD, path, &status, files->follow ? 0 : AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	is_dir = S_ISDIR(status.st_mode);
	if (!files->recursive || !is_dir)
		return watch_one(files, path, is_dir);
	return walk(files, tree_add(&files->tree, NULL, path, true));
}

bool
files_any(const struct files *files)
{
	return files->tree.roots;
}

size_t
files_count(const struct files *files)
{
	return files->tree.count;
}

/* ---- following the tree ---- */

/* Lets go of NODE and all below it. */
static void
let_go(struct files *files, struct node *node)
{
	struct node *child;

	if (node->wd >= 0)
		inotify_ignore(files->source.fd, node->wd);
	/* Watched no more, it leaves together with its last child. */
	if (LIST_EMPTY(&node->children)) {
		tree_remove(&files->tree, node);
		return;
	}
	tree_watch(&files->tree, node, -1);
	for (bool last = false; !last;) {
		child = LIST_FIRST(&node->children);
		last = !LIST_NEXT(child, sibling);
		let_go(files, child);
	}
}

/*
 * A folder moves. Of one rename the queue holds, in this order, MOVED_FROM, MOVED_TO if the
 * new place is watched, and MOVE_SELF; those of another may stand between them. So the move
 * is over with MOVED_TO, or else MOVE_SELF tells that the folder has left the tree.
 */
struct move {
	int wd;
	uint32_t cookie;
};

/* The node of the move that has WD or COOKIE, which is then forgotten; NULL when there is none. */
static struct node *
take_move(struct files *files, int wd, uint32_t cookie)
{
	struct move *moves = (struct move *)(void *)files->moves.data;
	size_t count = files->moves.length / sizeof(*moves);

	for (size_t i = 0; i < count; i++)
		if ((wd >= 0 && moves[i].wd == wd) || (cookie && moves[i].cookie == cookie)) {
			wd = moves[i].wd;
			moves[i] = moves[count - 1];
			files->moves.length -= sizeof(*moves);
			return tree_find(&files->tree, wd);
		}
	return NULL;
}

static void
moved_from(struct files *files, struct node *parent, const struct inotify_record *record)
{
	/* Of two folders that are exchanged, the second one leaves where the first one has come to. */
	struct node *node = tree_child(&files->tree, parent, record->name, true);

	if (!node)
		node = tree_child(&files->tree, parent, record->name, false);
	if (node && node->wd >= 0) {
		struct move move = { node->wd, record->cookie };

		buffer_add(&files->moves, &move, sizeof(move));
	}
}

static void
moved_self(struct files *files, struct node *node)
{
	node = take_move(files, node->wd, 0);
	if (node)
		let_go(files, node);
}

/*
 * A folder has appeared as NAME in PARENT. One that is watched under this name
 * may be its predecessor, of whose end we have not heard yet: settle knows.
 */
static void
appeared(struct files *files, struct node *parent, const char *name)
{
	size_t length;

	if (walk(files, tree_add(&files->tree, parent, name, true)) < 0 && files->trouble)
		files->trouble(tree_path(&files->tree, parent, &length), errno, files->context);
}

static void
moved_to(struct files *files, struct node *parent, const struct inotify_record *record)
{
	struct node *node = take_move(files, -1, record->cookie), *other;

	if (!node) {
		appeared(files, parent, record->name);
		return;
	}
	/* News older than the tree, in which the walk has found both elsewhere; or others are lost. */
	if (is_below(parent, node))
		return;
	other = tree_child(&files->tree, parent, record->name, false);
	if (other)
		other->displaced = true;
	node = tree_move(&files->tree, node, parent, record->name);
	if (is_skipped(files, node))
		let_go(files, node);
}

/* The kernel has ended NODE's watch: its object is gone, or the file system of it and all below. */
static void
ended(struct files *files, struct node *node)
{
	if (LIST_EMPTY(&node->children))
		tree_remove(&files->tree, node);
	else
		tree_watch(&files->tree, node, -1);
}

/* Keeps the tree as the last event says. */
static void
follow_last(struct files *files)
{
	const struct inotify_record *record = &files->record;
	struct node *node = files->last;

	files->last = NULL;
	if (!node)
		return;
	if (!files->recursive)
		return;
	if (record->mask & IN_MOVE_SELF)
		moved_self(files, node);
	if (!(record->mask & IN_ISDIR) || !record->length)
		return;
	if (record->mask & IN_CREATE)
		appeared(files, node, record->name);
	else if (record->mask & IN_MOVED_TO)
		moved_to(files, node, record);
	else if (record->mask & IN_MOVED_FROM)
		moved_from(files, node, record);
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

static int
decode(struct source *source, struct event *event)
{
	struct files *files = (struct files *)source;

	follow_last(files);
	while (source->offset < source->length) {
		struct inotify_record *record = &files->record;
		size_t size = inotify_decode(source->buffer + source->offset,
					     source->length - source->offset, record);
		struct node *node;

		if (!size) {
			errno = EPROTO;
			return -1;
		}
		source->offset += size;
		node = tree_find(&files->tree, record->wd);
		if (!node && !(record->mask & IN_Q_OVERFLOW))
			continue; /* of a watch that was let go */
		describe(files, node, record, event);
		if (record->mask & IN_Q_OVERFLOW)
			files->moves.length = 0; /* what would end them may be lost */
		else if (record->mask & IN_IGNORED)
			ended(files, node); /* its path stays readable */
		else
			files->last = node;
		return 1;
	}
	return 0;
}

int
files_open(struct files *files, uint32_t mask, bool recursive, bool follow_links)
{
	int fd = inotify_open();

	if (fd < 0)
		return -1;
	*files = (struct files){
		.mask = mask, .recursive = recursive, .follow = follow_links, .start = -1
	};
	source_open(&files->source, fd, READ_SIZE, sizeof(struct inotify_event) + NAME_MAX + 1);
	files->source.nonblocking = true;
	files->source.decode = decode;
	return 0;
}

void
files_close(struct files *files)
{
	source_close(&files->source);
	tree_done(&files->tree);
	buffer_done(&files->moves);
}
