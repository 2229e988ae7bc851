/* SPDX-License-Identifier: MIT */
#include "event/window.h"

#include <stdlib.h>

#include "cli/moment.h"
#include "event/follow.h"
#include "event/walk.h"
#include "memory.h"

struct window {
	uint64_t fence;
	uint32_t number;
	int above;              /* the wd of the folder in which the walk began; -1: with a root */
	char *name;             /* with what, in that folder; NULL: done, or a root */
	bool telling_what_came; /* what has gone is told first */
	bool inside;            /* it is being told of a folder, files->at is where */
	size_t which;           /* of the folders */
	struct buffer folders;  /* int each: the wd of a folder that was read */
};

static struct window *
windows(const struct files *files)
{
	return (struct window *)(void *)files->windows.data;
}

static size_t
count(const struct files *files)
{
	return files->windows.length / sizeof(struct window);
}

/* ---- while a folder is read ---- */

void
window_open(struct files *files, const struct node *node)
{
	struct window window = { .number = ++files->last_window, .above = -1 };

	if (node->parent) {
		window.above = node->parent->wd;
		window.name = memory_string(node->name);
	}
	buffer_add(&files->windows, &window, sizeof(window));
}

void
window_reads(struct files *files, struct node *node)
{
	struct window *window = &windows(files)[count(files) - 1];
	struct node *child;

	if (node->wd < 0)
		return;
	LIST_FOREACH(child, &tree_folder(node)->children, sibling)
	child->seen = child->touched = child->changed = false;
	tree_folder(node)->window = window->number;
	node->waiting = false;
	buffer_add(&window->folders, &node->wd, sizeof(node->wd));
}

bool
window_is_over(const struct files *files, const struct node *node)
{
	uint64_t fence = files->first_fence;

	for (size_t i = files->first_window; i < count(files); i++)
		if (windows(files)[i].number == tree_folder(node)->window)
			fence = windows(files)[i].fence;
	return files_position(files) >= fence;
}

/* Whether a walk after that of WINDOW has found NODE, or will if it is there at all: it is told behind the
 * fence of that one. */
static bool
is_of_later(const struct window *window, const struct node *node)
{
	return node->kind == NODE_FOLDER
	       && ((int32_t)(tree_folder(node)->window - window->number) > 0
		   || (node->touched && node->waiting));
}

/* What the walk of WINDOW has found where it began, if the reader has not been told of it; NULL. */
static struct node *
found_first(const struct files *files, const struct window *window)
{
	const struct node *above = window->name ? tree_find(&files->tree, window->above) : NULL;
	struct node *found =
		above ? tree_child(&files->tree, above, window->name, NODE_UNTOLD) : NULL;

	return found && !is_of_later(window, found) ? found : NULL;
}

void
window_end(struct files *files)
{
	struct window *window = &windows(files)[count(files) - 1];

	if (window->folders.length || found_first(files, window)) {
		window->fence = files->source.total + inotify_queued(files->source.fd);
		return;
	}
	free(window->name);
	files->windows.length -= sizeof(*window);
}

static void
finish(struct window *window)
{
	free(window->name);
	buffer_done(&window->folders);
}

void
window_forget(struct files *files)
{
	for (size_t i = files->first_window; i < count(files); i++)
		finish(&windows(files)[i]);
	files->windows.length = 0;
	files->first_window = 0;
	files->at = files->doomed = NULL;
}

/* ---- telling ---- */

static void
describe(struct files *files, const struct node *node, uint32_t what, struct event *event)
{
	bool is_dir = node->kind == NODE_FOLDER;

	/* The node may not live as long as the event. */
	files->name.length = 0;
	if (node->parent)
		buffer_text(&files->name, node->name);
	*event = (struct event){ .time = moment_now(),
				 .names = inotify_names,
				 .what = what | (is_dir && node->parent ? IN_ISDIR : 0),
				 .name = buffer_string(&files->name),
				 .name_length = files->name.length,
				 .is_dir = is_dir && node->parent,
				 .synthetic = true };
	event->dir =
		tree_path(&files->tree, node->parent ? node->parent : node, &event->dir_length);
}

/* NODE is there: tells it. */
static int
tell_came(struct files *files, struct node *node, struct event *event)
{
	describe(files, node, IN_CREATE, event);
	tree_set_state(&files->tree, node, NODE_TOLD);
	if (node->kind == NODE_FILE && !files->remember && !node->closed)
		follow_let_go(files, node);
	return 1;
}

/* The file NODE, of which the reader knows, has changed: tells how, and what else there is the next time. */
static int
tell_file(struct files *files, struct node *node, struct event *event)
{
	bool told = node->changed || node->closed;

	if (node->changed) {
		describe(files, node, IN_MODIFY, event);
		node->changed = false;
	} else if (node->closed) {
		describe(files, node, IN_CLOSE_WRITE, event);
		node->closed = node->unclosed = false;
	}
	if (node->closed)
		files->at = node;
	else if (!files->remember)
		follow_let_go(files, node);
	return told;
}

/* The doomed are told from the leaves up, as rm does it. What the reader does not know of goes silently. */
static int
tell_doomed(struct files *files, struct event *event)
{
	struct node *node = files->doomed, *child;

	while (node->kind == NODE_FOLDER && (child = LIST_FIRST(&tree_folder(node)->children))) {
		if (child->state == NODE_TOLD)
			node = child;
		else
			follow_let_go(files, child);
	}
	describe(files, node, node->parent ? IN_DELETE : IN_DELETE_SELF, event);
	follow_lose(files, node); /* no longer doomed, if it was the topmost */
	return 1;
}

/*
 * What a reading has found is NODE; is it the one under its name that the reader knows of? 1 and
 * *EVENT when the reader has to be told first, 0 otherwise.
 */
static int
recognize(struct files *files, struct node *node, struct event *event)
{
	struct node *told = tree_child(&files->tree, node->parent, node->name, NODE_TOLD);
	bool other =
		told && (told->kind != node->kind || (told->kind == NODE_FOLDER && told->wd >= 0));

	if (other || (!told && node->touched)) {
		/* Another one has come to the name since then, or it has gone again. */
		follow_let_go(files, node);
	} else if (told) {
		follow_let_go(files, told);
		tree_set_state(&files->tree, node, NODE_TOLD);
	} else {
		return tell_came(files, node, event);
	}
	return 0;
}

/* The highest of NODE and those above it that the reader does not know of; NULL: none. */
static struct node *
untold_above(struct node *node)
{
	struct node *found = NULL;

	for (; node; node = node->parent)
		if (node->state == NODE_UNTOLD)
			found = node;
	return found;
}

/* Something happens in the folder NODE, which a reading has found, and so in those above it. */
static int
tell_above(struct files *files, struct node *node, struct event *event)
{
	struct node *untold;

	while ((untold = untold_above(node))) {
		const struct node *told =
			tree_child(&files->tree, untold->parent, untold->name, NODE_TOLD);

		/* It is leaving already. */
		if (untold->touched && !told)
			return 0;
		if (told && (told->kind != NODE_FOLDER || told->wd >= 0))
			return 0;
		if (recognize(files, untold, event))
			return 1;
	}
	return 0;
}

/* Something happens to the entry NAME of NODE: if nobody has told that it has come, it was there. */
static int
tell_entry(struct files *files, struct node *node, const char *name, bool is_dir, bool goes,
	   struct event *event)
{
	struct node *untold = tree_child(&files->tree, node, name, NODE_UNTOLD);

	if (!untold || untold->touched || (untold->kind == NODE_FOLDER) != is_dir
	    || tree_child(&files->tree, node, name, NODE_TOLD))
		return 0;
	if (!is_dir && !goes)
		return tell_came(files, untold, event);
	/* What goes may be another than what was found, which came after it. */
	describe(files, untold, IN_CREATE, event);
	untold->touched = true;
	if (is_dir || files->remember)
		tree_add(&files->tree, node, name, untold->kind, NODE_TOLD)->touched = true;
	return 1;
}

int
window_tell_before(struct files *files, struct node *node, const struct inotify_record *record,
		   struct event *event)
{
	if (!files->tree.in_state[NODE_UNTOLD])
		return 0;
	if (!(record->mask & IN_MOVE_SELF) && tell_above(files, node, event))
		return 1;
	if (!record->length || node->kind != NODE_FOLDER
	    || record->mask & (IN_CREATE | IN_MOVED_TO))
		return 0;
	return tell_entry(files, node, record->name, record->mask & IN_ISDIR,
			  record->mask & (IN_DELETE | IN_MOVED_FROM), event);
}

/* The folder TOLD is watched as KNOWN, too. Where that is old, all there is gone. */
static void
part_twins(struct files *files, struct node *told, struct node *known)
{
	if (!known->parent || !walk_has_moved(files, known, told)) {
		follow_twin(files, told, known);
		return;
	}
	follow_doubt(files, known->parent, known->name);
	if (known->state == NODE_TOLD && !tree_is_away(known))
		files->doomed = known;
	else
		follow_let_go(files, known);
	walk_later(files, told);
}

/*
 * A reading has found at the place of NODE what is watched under another name: it has left that
 * since then, or there are two ways to it, or the news of it is lost. 1 and *EVENT, or 0.
 */
static int
tell_twin(struct files *files, struct node *node, struct event *event)
{
	struct node *told = tree_child(&files->tree, node->parent, node->name, NODE_TOLD);
	struct node *known = tree_find(&files->tree, tree_folder(node)->twin);

	if (!told && !node->touched) {
		describe(files, node, IN_CREATE, event);
		tree_add(&files->tree, node->parent, node->name, NODE_FOLDER, NODE_TOLD)->touched =
			true;
		files->at = node; /* and then the rest */
		return 1;
	}
	if (told && told->kind == NODE_FOLDER && told->wd < 0) {
		if (known && known->state >= NODE_AWAY && !tree_is_below(told, known)) {
			follow_let_go(files, known);
			known = NULL;
		}
		/* What happened in it since it left its old place was not followed; or it is another one. */
		if (!known || node->touched)
			walk_next(files, told);
		else if (known->state <= NODE_UNTOLD)
			part_twins(files, told, known);
	}
	follow_let_go(files, node);
	return files->doomed ? tell_doomed(files, event) : 0;
}

/* What there is to say of NODE at the end of its window: 1 and *EVENT, 0 nothing. */
static int
tell_of(struct files *files, const struct window *window, struct node *node, struct event *event)
{
	if (node->state == NODE_UNTOLD && is_of_later(window, node))
		return 0;
	if (!window->telling_what_came) {
		if (node->seen || node->touched)
			return 0;
		if (node->state == NODE_TOLD)
			files->doomed = node;
		else if (node->state == NODE_UNTOLD || follow_is_displaced(files, node))
			follow_let_go(files, node);
		return files->doomed ? tell_doomed(files, event) : 0;
	}
	if (node->state == NODE_UNTOLD) {
		if (node->kind == NODE_FOLDER && tree_folder(node)->twin >= 0)
			return tell_twin(files, node, event);
		if (node->kind == NODE_FILE && node->closed)
			files->at = node;
		return recognize(files, node, event);
	}
	return node->kind == NODE_FILE && node->state == NODE_TOLD ? tell_file(files, node, event)
								   : 0;
}

/* The folder of which WINDOW tells next: of what has gone, and then of what has come. NULL at the end. */
static struct node *
next_folder(const struct files *files, struct window *window)
{
	for (; window->which < window->folders.length / sizeof(int); window->which++) {
		int wd = ((int *)(void *)window->folders.data)[window->which];
		struct node *node = tree_find(&files->tree, wd);

		if (node && tree_folder(node)->window == window->number && !tree_is_away(node))
			return node;
		window->telling_what_came = false;
	}
	return NULL;
}

/* Begins with the next folder; 1 and *EVENT when the reader has to be told first that it is there:
 * a later walk has read the one above again, but has not come as far as this one. */
static int
enter_folder(struct files *files, struct window *window, struct event *event)
{
	struct node *node;

	while ((node = next_folder(files, window))) {
		if (tell_above(files, node, event))
			return 1;
		if (!untold_above(node))
			break;
		window->which++; /* it is leaving */
		window->telling_what_came = false;
	}
	window->inside = node;
	files->at = node ? LIST_FIRST(&tree_folder(node)->children) : NULL;
	return 0;
}

/* What is to be told of where the walk began: its folder has not been read by it. */
static int
tell_first(struct files *files, struct window *window, struct event *event)
{
	struct node *first;

	if (!window->name)
		return 0;
	window->telling_what_came = true;
	while ((first = found_first(files, window))) {
		if (tell_above(files, first->parent, event))
			return 1;
		if (untold_above(first->parent))
			break;
		if (tell_of(files, window, first, event))
			return 1;
	}
	window->telling_what_came = false;
	free(window->name);
	window->name = NULL;
	files->at = NULL;
	return 0;
}

int
window_tell(struct files *files, struct event *event)
{
	if (files->doomed)
		return tell_doomed(files, event);
	while (files->first_window < count(files)) {
		struct window *window = &windows(files)[files->first_window];

		/* What is on its way has no path. */
		if (files_position(files) < window->fence || follow_is_waiting(files))
			return 0;
		if (tell_first(files, window, event))
			return 1;
		for (;;) {
			if (!window->inside && enter_folder(files, window, event))
				return 1;
			if (!window->inside)
				break;
			while (files->at) {
				struct node *node = files->at;

				files->at = LIST_NEXT(node, sibling);
				if (tell_of(files, window, node, event))
					return 1;
			}
			/* The same folder again for what has come, or the next one. */
			window->inside = false;
			window->which += window->telling_what_came;
			window->telling_what_came = !window->telling_what_came;
		}
		finish(window);
		if (++files->first_window == count(files))
			window_forget(files);
	}
	return 0;
}
