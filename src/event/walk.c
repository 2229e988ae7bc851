/* SPDX-License-Identifier: MIT */
#include "event/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "event/follow.h"
#include "event/listing.h"
#include "event/reach.h"
#include "event/root.h"
#include "event/window.h"
#include "kernel/openat.h"
#include "memory.h"

enum {
	MOST_OPEN = 32, /* folders that a walk keeps open on its way down */
	/* A scout is worth its start where so many folders have been found in some of a folder's, and */
	SCOUTED = 256,
	MANY = 8, /* are left */
	/* What is needed to follow the tree, whatever the user wants to see. */
	FOLLOW_TREE = IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_MOVE_SELF,
	/* What the walk itself does to the folders that it reads. */
	OWN_DOING = IN_OPEN | IN_ACCESS | IN_CLOSE_NOWRITE,
};

/* A step of the way down: the folder and, while it is open, its descriptor. */
struct step {
	struct step *up; /* NULL above a root: the working folder at start */
	struct node *node;
	int fd;
	bool readable;      /* the descriptor was opened for reading; otherwise as a place only */
	bool left;          /* the working folder is another by now */
	struct node *below; /* the folders in it, not visited yet; chained by next */
	size_t before;      /* folders that the walk had visited before */
};

/* ---- errors ---- */

/* Errors that mean that the folder is no longer there, or is no longer one: normal while others
 * work. */
static bool
is_gone(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ELOOP || error == ESTALE;
}

/* Errors that the next folder would meet as well. */
static bool
is_exhausted(int error)
{
	return error == ENOSPC || error == EMFILE || error == ENFILE || error == ENOMEM;
}

void
walk_trouble(struct files *files, struct node *node, int error)
{
	size_t length;

	if (!node->refused && !scout_keeps_trouble(files, node, error) && files->trouble)
		files->trouble(tree_path(&files->tree, node, &length), error, files->context);
	node->refused = true;
}

/*
 * NODE is not there. What explains that is in the queue, or on its way: a record of a folder in the
 * tree. That the watch has ended that was set here on something else, explains nothing.
 */
static void
walk_when_explained(struct files *files, struct node *node)
{
	if (node->waiting)
		return;
	/* With each record before, of thousands, and for thousands of folders, it would be too often. */
	if (!files->unexplained.length) {
		files->explained = false;
		files->explained_at = files->source.total + inotify_queued(files->source.fd);
	}
	node->waiting = true;
	buffer_add(&files->unexplained, &node, sizeof(node));
}

/* NODE cannot be watched, for the reason in errno: 0 when the walk goes on without it. */
static int
give_up(struct files *files, struct node *node)
{
	if (!node->parent || is_exhausted(errno))
		return -1;
	if (!is_gone(errno))
		walk_trouble(files, node, errno);
	else if (reach_is_lost(node))
		node->refused = true;
	else
		walk_when_explained(files, node);
	return 0;
}

/* There is no folder NODE in the one above, which is the right one; why is in errno. As give_up. */
static int
miss(struct files *files, struct node *node)
{
	if (!node->parent && reach_is_lost(node))
		return 0;
	if (!is_gone(errno) || errno == ESTALE || node->state != NODE_UNTOLD || !node->touched)
		return give_up(files, node);
	follow_let_go(files, node); /* events have told that it left */
	return 0;
}

/* ---- finding folders ---- */

/* Whether FD is the folder that NODE watches, and not another that has its path by now. Leaves FD
 * as working folder. */
static bool
is_place_of(struct files *files, int fd, const struct node *node)
{
	int wd = fchdir(fd) < 0 ? -1
				: inotify_watch(files->source.fd, ".", FOLLOW_TREE | IN_MASK_ADD);

	if (wd < 0 || wd == node->wd)
		return wd >= 0;
	scout_ignore(files, wd);
	errno = ENOENT;
	return false;
}

static void
leave(struct files *files, struct step *step)
{
	if (step->fd < 0)
		return;
	close(step->fd);
	step->fd = -1;
	files->open_folders--;
}

/* Opens STEP's folder once more. False with errno. */
static bool
open_again(struct files *files, struct step *step)
{
	step->fd = reach_folder(files, step->node);
	if (step->fd < 0)
		return false;
	files->open_folders++;
	if (step->node->wd < 0 || is_place_of(files, step->fd, step->node))
		return true;
	leave(files, step);
	return false;
}

/* The descriptor of STEP's folder, opened again if it was closed on the way down; -1 with errno. */
static int
reach(struct files *files, struct step *step)
{
	if (!step)
		return files->start;
	if (step->fd >= 0 || open_again(files, step))
		return step->fd;
	if (!is_gone(errno))
		return -1;
	if (reach_has_strayed(files, step->node))
		open_again(files, step);
	else
		errno = ENOENT;
	return step->fd;
}

/* As it is outside of reach, where nobody looks whether it was the right one that was opened. */
static int
open_node(struct files *files, struct node *node)
{
	reach_has_strayed(files, node);
	return reach_folder(files, node);
}

bool
walk_has_moved(struct files *files, struct node *known, const struct node *node)
{
	struct stat there, here;
	int fd = open_node(files, known), above = -1;
	bool moved;

	if (fd < 0)
		return is_gone(errno) && !reach_is_lost(known);
	moved = fstat(fd, &there) == 0 && (above = open_node(files, node->parent)) >= 0
		&& fstatat(above, node->name, &here, AT_SYMLINK_NOFOLLOW) == 0
		&& (there.st_ino != here.st_ino || there.st_dev != here.st_dev);
	close(fd);
	if (above >= 0)
		close(above);
	return moved;
}

bool
walk_skips(struct files *files, const struct node *node)
{
	size_t length;

	return files->skip && node->parent
	       && files->skip(tree_path(&files->tree, node, &length), files->context);
}

/* ---- watching ---- */

/* How a folder is reached for its watch: as the working folder, or, where it must not be searched,
 * by its name from the one above. */
struct place {
	const char *name;
	uint32_t mask;
};

static struct place
place_of(struct files *files, struct step *step, int above)
{
	struct place place = { ".", files->mask | FOLLOW_TREE };

	if (fchdir(step->fd) == 0)
		return place;
	if (above >= 0 && fchdir(above) < 0)
		return (struct place){ NULL, 0 };
	place.name = step->node->name;
	place.mask |= IN_ONLYDIR | (step->node->parent || !files->follow ? IN_DONT_FOLLOW : 0);
	return place;
}

/* The node for what is found at the place of NODE: of what the reader has not been told of yet. */
static struct node *
future_of(struct files *files, struct node *node)
{
	struct node *future = node;

	if (node->state == NODE_TOLD)
		future = tree_child(&files->tree, node->parent, node->name, NODE_UNTOLD);
	if (future && future->kind != NODE_FOLDER) {
		follow_let_go(files, future);
		future = NULL;
	}
	if (!future)
		future = tree_add(&files->tree, node->parent, node->name, NODE_FOLDER, NODE_UNTOLD);
	future->seen = true;
	tree_folder(future)->window = files->last_window;
	return future;
}

static bool
is_same_place(const struct node *one, const struct node *other)
{
	return one->parent == other->parent && one->state <= NODE_UNTOLD
	       && !strcmp(one->name, other->name);
}

/* Whether KNOWN, met at its place, must not be read again: what is in it is told, and is not remembered. */
static bool
is_followed(const struct files *files, const struct node *known)
{
	return !files->remember && files->finds == NODE_UNTOLD && known->parent
	       && known->state == NODE_TOLD;
}

/* Of the first walk: NODE's folder is KNOWN already, from where it has just moved here, or it is
 * seen in two places (bind mounts, operands that overlap). */
static void
meet(struct files *files, struct node *node, struct node *known)
{
	struct node *parent = node->parent;

	if (!parent && files->by_name) {
		tree_set_state(&files->tree, node, NODE_AWAY);
		tree_folder(node)->twin = known->wd; /* it can be replaced without the other */
	} else if (!parent) {
		follow_let_go(files, node); /* an operand below another one */
	} else if (known->parent && !files->scout.is_self && !tree_is_below(parent, known)
		   && walk_has_moved(files, known, node)) {
		follow_relink(files, known, parent, node->name);
		follow_let_go(files, node);
	} else {
		tree_folder(node)->twin = known->wd;
		walk_later(files, node); /* the queue may know which */
	}
}

/* The folder at the place of NODE has the watch WD. Returns what is to be read, or NULL. */
static struct node *
settle(struct files *files, struct node *node, int wd)
{
	struct node *known = tree_find(&files->tree, wd);

	/* That it left was before: it is there. */
	if (node->state == NODE_UNTOLD)
		node->touched = false;
	if (known && is_same_place(known, node)) {
		node->seen = known == node || node->wd < 0;
		known->seen = true;
		return is_followed(files, known) ? NULL : known;
	}
	if (files->finds == NODE_TOLD && known) {
		meet(files, node, known);
		return NULL;
	}
	/* Events will tell when it has come here, or that it has always been: window.c. */
	if (files->finds == NODE_UNTOLD && node->parent) {
		node->seen = node->wd < 0; /* or else another has its name by now */
		node = future_of(files, node);
		if (node->wd >= 0)
			follow_unwatch(files, node); /* what was found before is another's */
		tree_folder(node)->twin = known ? known->wd : -1;
	}
	if (node->wd >= 0)
		inotify_ignore(files->source.fd, node->wd);
	tree_watch(&files->tree, node, known ? -1 : wd);
	return known ? NULL : node;
}

/* There is no watch left for NODE: at first it is counted how many are needed. 1 to go on. */
static int
leave_out(struct files *files, struct node *node)
{
	const char *path;
	size_t length;

	if (errno != ENOSPC || (files->finds == NODE_UNTOLD && !files->partial))
		return give_up(files, node);
	if (files->finds == NODE_UNTOLD)
		walk_trouble(files, node, ENOSPC);
	if (files->left_out++ || files->finds == NODE_UNTOLD)
		return files->finds == NODE_TOLD;
	path = tree_path(&files->tree, node, &length);
	buffer_add(&files->first_left_out, path, length > 1 ? length - 1 : length);
	return 1;
}

/* Sets the watch of STEP's folder without what the walk itself does. */
static int
watch_quietly(struct files *files, struct step *step, const struct place *place)
{
	uint32_t mask = place->mask & ~(uint32_t)OWN_DOING;
	int wd = inotify_watch(files->source.fd, place->name, mask | IN_MASK_ADD);
	const struct node *known;

	if (wd < 0 || !(files->mask & OWN_DOING))
		return wd;
	/* Only a folder that is read again has more than that. */
	known = tree_find(&files->tree, wd);
	if (known && is_same_place(known, step->node) && !is_followed(files, known))
		return inotify_watch(files->source.fd, place->name, mask);
	return wd;
}

/* The watch that the folder NAME in ABOVE, which becomes the working folder, has, or has now; -1 errno. */
static int
watch_of(struct files *files, int above, const char *name)
{
	return fchdir(above) < 0
		       ? -1
		       : inotify_watch(files->source.fd, name,
				       FOLLOW_TREE | IN_MASK_ADD | IN_ONLYDIR | IN_DONT_FOLLOW);
}

/* Ends the watch WD, if it has just been set on something that is not in the tree. */
static void
unwatch_stranger(struct files *files, int wd)
{
	if (wd >= 0 && !tree_find(&files->tree, wd))
		inotify_ignore(files->source.fd, wd);
}

/*
 * Whether the folder NAME in ABOVE, which has become the working folder, has the watch WD: the
 * kernel knows a folder also where the file system numbers it anew each time that it is asked.
 */
static bool
has_watch(struct files *files, int above, const char *name, int wd)
{
	int found = watch_of(files, above, name);

	if (found != wd)
		unwatch_stranger(files, found);
	return found == wd;
}

/*
 * Whether STEP's folder, which WD watches now, still has its name in ABOVE. It was opened before it
 * was watched: if it left in between, no MOVE_SELF will tell, and another may have the name. The
 * working folder is that of PLACE before and after. False with errno.
 */
static bool
has_its_name(struct files *files, struct step *step, const struct place *place, int above, int wd)
{
	const char *name = step->node->name;
	struct stat opened, named;
	bool result;

	if (fstat(step->fd, &opened) < 0 || fstatat(above, name, &named, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	if (opened.st_ino == named.st_ino && opened.st_dev == named.st_dev)
		return true;
	result = has_watch(files, above, name, wd);
	if (!(place->mask & IN_ONLYDIR) && fchdir(step->fd) < 0)
		step->left = true;
	errno = ENOENT;
	return result;
}

/* Reads STEP's folder, which is reached by PLACE. -1 errno. */
static int
read_step(struct files *files, struct step *step, const struct place *place, int above)
{
	int fd = step->fd, result = -1;

	if (!step->readable)
		fd = openat(place->mask & IN_ONLYDIR ? above : fd, place->name,
			    O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOCTTY);
	if (fd >= 0)
		result = listing_read(files, step->node, fd, &step->below);
	if (!step->readable && fd >= 0)
		close(fd);
	return result;
}

/*
 * STEP's folder, with the watch WD, is not to be read. Whether the watch does not tell all yet, because
 * it could not be completed when it was read.
 */
static bool
is_quiet(struct files *files, struct step *step, int wd)
{
	struct node *known = tree_find(&files->tree, wd);

	if (!known || !known->quiet || !is_same_place(known, step->node))
		return false;
	step->node = known;
	return true;
}

/*
 * Watches STEP's folder, so that nothing falls between, and reads it. 1 when it is what is
 * watched there from now on, 0 when not, -1 errno.
 */
static int
watch_and_read(struct files *files, struct step *step, struct place *place, int above)
{
	struct node *node = step->node;
	int wd, result = 1;

	*place = place_of(files, step, above);
	wd = place->name ? watch_quietly(files, step, place) : -1;
	if (wd < 0 && (result = leave_out(files, step->node)) <= 0)
		return result;
	if (wd >= 0 && files->finds == NODE_UNTOLD && step->node->parent
	    && !has_its_name(files, step, place, above, wd)) {
		unwatch_stranger(files, wd);
		return give_up(files, step->node);
	}
	if (wd >= 0 && !(node = settle(files, step->node, wd)))
		return is_quiet(files, step, wd);
	step->node = node;
	node->quiet = wd >= 0 && files->mask & OWN_DOING;
	if (wd >= 0 && !step->up && files->finds == NODE_TOLD && !files->by_name)
		reach_anchor(files, wd, step->fd);
	if (read_step(files, step, place, above) == 0)
		return 1;
	/* That a root is gone is an event; that a server does not know it any more is none. */
	if (is_gone(errno) && (errno != ESTALE || step->node->parent))
		return 1;
	if (is_exhausted(errno))
		return -1;
	walk_trouble(files, step->node, errno);
	return 1;
}

/*
 * All below has been read: from here on the watch tells also what the walk does not do any more. -1 errno,
 * 0 when it goes on without that.
 */
static int
complete(struct files *files, struct step *up, struct step *step, const struct place *place)
{
	bool inside = !(place->mask & IN_ONLYDIR);
	int fd, wd;

	if (step->left || !inside) {
		fd = reach(files, inside ? step : up);
		if (fd < 0 || fchdir(fd) < 0)
			return give_up(files, step->node);
	}
	leave(files, step); /* of this it shall not tell either */
	wd = inotify_watch(files->source.fd, place->name, place->mask);
	if (wd >= 0 && wd != step->node->wd) {
		scout_ignore(files, wd); /* another folder has this name by now */
		errno = ENOENT;
		wd = -1;
	}
	if (wd < 0)
		return give_up(files, step->node);
	step->node->quiet = false;
	return 0;
}

/*
 * Whether opening STEP's folder for reading is no event: no watch has it yet, and the one of the
 * folder above does not tell of that before all below is read. A second way to what is watched
 * already is possible where folders are mounted, or with further roots.
 */
static bool
is_unheard(const struct files *files, const struct step *step)
{
	return files->finds == NODE_TOLD && step->up && files->tree.root_count == 1
	       && !files->mounts;
}

/* Opens STEP's folder, an entry of ABOVE, for reading if that is no event. -1 errno. */
static int
open_step(struct files *files, struct step *step, int above)
{
	const char *name = step->node->name;
	int links = step->node->parent || !files->follow ? O_NOFOLLOW : 0;

	if (!step->up && reach_has_strayed(files, step->node)) {
		step->fd = reach_folder(files, step->node);
		return step->fd < 0 ? -1 : 0;
	}
	if (files->mask & OWN_DOING && is_unheard(files, step)) {
		step->fd = openat_unmounted(above, name);
		step->readable = step->fd >= 0;
		if (step->readable)
			return 0;
		files->mounts = !is_gone(errno) && errno != EACCES;
	}
	step->readable = !(files->mask & OWN_DOING);
	step->fd = openat(above < 0 ? AT_FDCWD : above, name,
			  (step->readable ? O_RDONLY | O_NOCTTY : O_PATH) | O_DIRECTORY | O_CLOEXEC
				  | links);
	return step->fd < 0 ? -1 : 0;
}

/* ---- going down ---- */

static int visit(struct files *files, struct step *up, struct node *node);

static size_t
count_below(const struct step *step)
{
	size_t count = 0;

	for (const struct node *child = step->below; child; child = tree_folder(child)->next)
		count++;
	return count;
}

static bool
has_many(const struct step *step)
{
	const struct node *child = step->below;

	for (int i = 1; child && i < MANY; i++)
		child = tree_folder(child)->next;
	return child;
}

/* Whether what is left below STEP is likely to be much: what has been visited there was. */
static bool
is_for_two(const struct files *files, const struct step *step)
{
	if (files->finds == NODE_UNTOLD || files->scout.pid || files->scout.is_self
	    || files->walked - step->before < SCOUTED || !has_many(step))
		return false;
	for (step = step->up; step; step = step->up)
		if (has_many(step))
			return false; /* there will be more, there */
	return true;
}

/* Visits those of the COUNT folders NODES in STEP's that nobody has VISITED. 0 or errno. */
static int
visit_rest(struct files *files, struct step *step, struct node **nodes, const bool *visited,
	   size_t count)
{
	step->left = true;
	for (size_t i = 0; i < count; i++)
		if (!visited[i] && visit(files, step, nodes[i]) < 0)
			return errno;
	return 0;
}

/* The same as one of two. The other one may still be at work. */
static int
visit_some(struct files *files, struct step *step, struct node **nodes, bool *visited, size_t count)
{
	size_t which;

	step->left = true;
	while ((which = scout_take(&files->scout)) < count) {
		visited[which] = true;
		if (visit(files, step, nodes[which]) < 0)
			return errno;
	}
	return 0;
}

/* Visits the COUNT folders in STEP's with the help of a scout, which has just been started. 0 or errno. */
static int
visit_as_two(struct files *files, struct step *step, size_t count)
{
	struct node **nodes = memory_resize(NULL, count, sizeof(struct node *)), *child;
	bool *visited = memory_get(count);
	size_t i = 0;
	int error;

	for (child = step->below; child; child = tree_folder(child)->next)
		nodes[i++] = child;
	step->below = NULL;
	error = visit_some(files, step, nodes, visited, count);
	if (files->scout.is_self)
		scout_report(files, nodes, visited, count, error);
	if (error)
		scout_kill(&files->scout);
	else
		error = scout_end(files, nodes, visited, count);
	if (!error)
		error = visit_rest(files, step, nodes, visited, count);
	free(nodes);
	free(visited);
	return error;
}

/* Visits the folders in STEP's, which has been read. 1, or -1 errno. */
static int
go_down(struct files *files, struct step *step)
{
	int error = 0;

	while (step->below && !error) {
		struct node *child = step->below;

		if (is_for_two(files, step) && scout_begin(files)) {
			error = visit_as_two(files, step, count_below(step));
			continue;
		}
		step->below = tree_folder(child)->next;
		step->left = true;
		if (visit(files, step, child) < 0)
			error = errno;
	}
	errno = error;
	return error ? -1 : 1;
}

static int
visit(struct files *files, struct step *up, struct node *node)
{
	struct step step = { .up = up, .node = node, .fd = -1 };
	int above, result;
	struct place place;

	if (walk_skips(files, node))
		return 0;
	files->folders++;
	step.before = files->walked++;
	above = reach(files, up);
	if (up && above < 0)
		return give_up(files, node);
	if (open_step(files, &step, above) < 0)
		return miss(files, node);
	if (++files->open_folders > MOST_OPEN && up && up->up)
		leave(files, up->up);
	result = watch_and_read(files, &step, &place, above);
	if (result > 0)
		result = go_down(files, &step);
	if (result > 0 && step.node->quiet)
		result = complete(files, up, &step, &place);
	leave(files, &step);
	return result < 0 ? -1 : 0;
}

/* Visits NODE; the working folder is the same before and after, if it can be. */
static int
walk(struct files *files, struct node *node, enum node_state finds)
{
	struct step above = { .node = node->parent, .fd = -1 };
	int result, error;
	size_t length;

	/* Who may not search the working folder cannot come back to it: / will do for absolute paths. */
	files->start = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (files->start < 0 && (errno != EACCES || *tree_path(&files->tree, node, &length) != '/'))
		return give_up(files, node);
	files->finds = finds;
	files->open_folders = 0;
	files->walked = 0;
	if (finds == NODE_UNTOLD)
		window_open(files, node);
	result = visit(files, node->parent ? &above : NULL, node);
	error = errno;
	leave(files, &above);
	if (finds == NODE_UNTOLD)
		window_end(files);
	if ((files->start < 0 ? chdir("/") : fchdir(files->start)) < 0 && result == 0) {
		result = -1;
		error = errno;
	}
	if (files->start >= 0)
		close(files->start);
	files->start = -1;
	errno = error;
	return result;
}

int
walk_root(struct files *files, struct node *node)
{
	int result = walk(files, node, NODE_TOLD);

	files->first_fence = files->source.total + inotify_queued(files->source.fd);
	return result;
}

int
walk_folder(struct files *files, struct node *node)
{
	/* Nobody can tell whether it is the right one. */
	if (node->parent && node->parent->wd < 0)
		return 0;
	return walk(files, node, NODE_UNTOLD);
}

/* ---- folders that are not where they were said to be ---- */

/* Takes NODE from the list of those that wait to be explained: whether it was there. */
static bool
take_unexplained(struct files *files, const struct node *node)
{
	struct node **nodes = (struct node **)(void *)files->unexplained.data;

	for (size_t i = 0; i < files->unexplained.length / sizeof(*nodes); i++)
		if (nodes[i] == node) {
			nodes[i] = NULL;
			return true;
		}
	return false;
}

void
walk_later(struct files *files, struct node *node)
{
	files->wait_until = files->source.total + inotify_queued(files->source.fd);
	if (node->waiting && !take_unexplained(files, node))
		return;
	node->waiting = true;
	buffer_add(&files->waiting, &node, sizeof(node));
}

/* A record has been followed that may explain where folders are. */
static void
look_for_unexplained(struct files *files)
{
	struct node **nodes = (struct node **)(void *)files->unexplained.data;

	for (size_t i = 0; i < files->unexplained.length / sizeof(*nodes); i++)
		if (nodes[i] && nodes[i]->waiting)
			buffer_add(&files->waiting, &nodes[i], sizeof(nodes[i]));
	files->unexplained.length = 0;
	files->explained = false;
}

void
walk_next(struct files *files, struct node *node)
{
	walk_later(files, node);
	files->wait_until = 0;
}

/* Whether the object NODE, no folder, is still what its path says. */
static bool
is_there(struct files *files, struct node *node)
{
	int wd = inotify_watch(files->source.fd, node->name,
			       files->mask | (files->follow ? 0 : IN_DONT_FOLLOW));

	unwatch_stranger(files, wd);
	return wd == node->wd;
}

/* What is at the path of NODE, and above it: their watches, or -1 and in *ERROR why the first has none. */
struct found {
	int parent, node;
	int error;
};

/* By the folder above, which is opened. */
static struct found
find_by_folder(struct files *files, struct node *node)
{
	int start = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int above = start < 0 ? -1 : open_node(files, node->parent);
	struct found found = { -1, -1, 0 };

	if (above >= 0 && (found.parent = watch_of(files, above, ".")) >= 0)
		found.node = watch_of(files, above, node->name);
	found.error = errno;
	if (above >= 0)
		close(above);
	if (start >= 0 && fchdir(start) < 0)
		found.node = found.error = -1;
	if (start >= 0)
		close(start);
	return found;
}

static int
watch_path(struct files *files, const struct node *node)
{
	size_t length;
	char *path = memory_string(tree_path(&files->tree, node, &length));
	int wd, error;

	while (length > 1 && path[length - 1] == '/')
		path[--length] = '\0';
	wd = inotify_watch(files->source.fd, path,
			   FOLLOW_TREE | IN_MASK_ADD | IN_ONLYDIR
				   | (node->parent || !files->follow ? IN_DONT_FOLLOW : 0));
	error = errno;
	free(path);
	errno = error;
	return wd;
}

/* By its path: a folder that is open keeps its file system from being unmounted. */
static struct found
find_by_path(struct files *files, struct node *node)
{
	struct found found = { watch_path(files, node->parent), -1, 0 };

	if (found.parent >= 0)
		found.node = watch_path(files, node);
	found.error = errno;
	return found;
}

int
walk_finds_another(struct files *files, struct node *node)
{
	struct found found = { -1, -1, ENAMETOOLONG };
	bool is_last;

	if (!reach_has_strayed(files, node))
		found = find_by_path(files, node);
	if (found.node < 0 && found.error == ENAMETOOLONG)
		found = find_by_folder(files, node);
	/* Ended watches are news. */
	is_last = !inotify_queued(files->source.fd);
	unwatch_stranger(files, found.parent);
	if (found.node != found.parent)
		unwatch_stranger(files, found.node);
	if (!is_last)
		return -1;
	if (found.parent != node->parent->wd)
		return 0;
	return found.node < 0 ? (found.error == EACCES) * WALK_BARRED : found.node != node->wd;
}

static void
look_again(struct files *files, struct node *node)
{
	if (node->state == NODE_AWAY)
		return; /* where it arrives, it will be looked at */
	if (node->state == NODE_GONE)
		follow_let_go(files, node);
	else if (root_has_left(files, node)
		 || (node->kind == NODE_OBJECT && !is_there(files, node)))
		files->doomed = node;
	else if (node->kind == NODE_FOLDER && walk_folder(files, node) < 0) {
		if (!node->parent && is_gone(errno))
			files->doomed = node;
		else
			walk_trouble(files, node, errno);
	}
}

bool
walk_waiting(struct files *files)
{
	size_t count, done = 0;

	if (files->explained && files_position(files) >= files->explained_at)
		look_for_unexplained(files);
	count = files->waiting.length / sizeof(struct node *);
	if (!count || files_position(files) < files->wait_until)
		return false;
	while (done < count && !files->doomed) {
		/* The list grows while it is gone through, and what is freed is NULL. */
		struct node **waiting = (struct node **)(void *)files->waiting.data;
		struct node *node = waiting[done];

		waiting[done++] = NULL;
		if (!node || !node->waiting)
			continue;
		node->waiting = false;
		look_again(files, node);
	}
	files->waiting.length -= done * sizeof(struct node *);
	memmove(files->waiting.data, files->waiting.data + done * sizeof(struct node *),
		files->waiting.length);
	return true;
}

void
walk_again(struct files *files)
{
	struct node *root;

	LIST_FOREACH(root, &files->tree.roots, sibling)
	walk_next(files, root);
}
