/* SPDX-License-Identifier: MIT */
#include "event/follow.h"

#include <errno.h>
#include <limits.h>

#include "event/root.h"
#include "event/walk.h"
#include "event/window.h"
#include "hash.h"
#include "memory.h"

/* A rename of a folder inside the tree, or out of it, that is not over yet. */
struct move {
	uint32_t cookie;
	struct node *node; /* what moves */
	struct node
		*other; /* or it is this one, which has had the name of NODE since an exchange */
	struct node *from;
	struct node *to;         /* NULL: not told */
	uint64_t back;           /* after an exchange: where NODE goes; or ANYWHERE, OUTSIDE */
	bool tells;              /* NODE was watched before: if it is what moves, MOVE_SELF comes */
	bool doubted;            /* it had come there just before, and may have been exchanged */
	bool looked;             /* what is where NODE goes has been looked at */
	char name[NAME_MAX + 1]; /* that it had in FROM */
};

/* Instead of the hash of an entry: not known, and of none in the tree. */
enum { ANYWHERE, OUTSIDE };

static struct move *
moves(const struct files *files)
{
	return (struct move *)(void *)files->moves.data;
}

static size_t
count(const struct files *files)
{
	return files->moves.length / sizeof(struct move);
}

static void
move_over(struct files *files, size_t which)
{
	files->moves.length -= sizeof(struct move);
	moves(files)[which] = moves(files)[count(files)];
}

/* ---- nodes that others point to ---- */

static void
replace_in(struct buffer *list, const struct node *node, struct node *new)
{
	struct node **nodes = (struct node **)(void *)list->data;

	for (size_t i = 0; i < list->length / sizeof(*nodes); i++)
		if (nodes[i] == node)
			nodes[i] = new;
}

/* NODE has moved in memory to NEW, or is no more (NULL). */
static void
replaced(struct files *files, const struct node *node, struct node *new)
{
	replace_in(&files->waiting, node, new);
	replace_in(&files->unexplained, node, new);
	replace_in(&files->twins, node, NULL);
	for (size_t i = 0; i < count(files); i++) {
		struct move *move = &moves(files)[i];

		if (move->other == node)
			move->other = new;
		if (move->from == node)
			move->from = new;
		if (move->to == node)
			move->to = new;
		if (move->node == node && !(move->node = new))
			move_over(files, i--);
	}
	if (files->last == node)
		files->last = new;
	if (files->doomed == node)
		files->doomed = new;
	if (files->at == node)
		files->at = LIST_NEXT(node, sibling);
}

/* What a reading has found under the name of NODE is no longer there: another may be. */
static void
look_for_other(struct files *files, const struct node *node)
{
	struct node *told = tree_child(&files->tree, node->parent, node->name, NODE_TOLD);

	if (told && told->kind == NODE_FOLDER && told->wd < 0 && tree_folder(told)->twin < 0
	    && !told->refused)
		walk_later(files, told);
}

/* The folder NODE goes. What was waiting to be recognized here will not be, and is looked at again. */
static void
part(struct files *files, const struct node *node)
{
	struct node *known = tree_find(&files->tree, tree_folder(node)->twin);

	if (known && known->state == NODE_GONE)
		walk_later(files, known);
	if (node->state == NODE_UNTOLD)
		look_for_other(files, node);
}

static void
drop(struct files *files, struct node *node)
{
	if (node->kind == NODE_FOLDER)
		part(files, node);
	replaced(files, node, NULL);
	tree_remove(&files->tree, node);
}

struct node *
follow_relink(struct files *files, struct node *node, struct node *parent, const char *name)
{
	struct buffer copy = { 0 };
	struct node *new;

	/* NODE is freed on the way; only its address is looked at later. */
	if (files->at == node)
		files->at = LIST_NEXT(node, sibling);
	buffer_text(&copy, name); /* it may be that of a node which goes */
	new = tree_move(&files->tree, node, parent, buffer_string(&copy));
	buffer_done(&copy);
	replaced(files, node, new);
	return new;
}

void
follow_twin(struct files *files, struct node *node, const struct node *known)
{
	tree_folder(node)->twin = known->wd;
	replace_in(&files->twins, node, NULL);
	buffer_add(&files->twins, &node, sizeof(node));
}

/* NODE is not watched any more: where the same folder has another name, it is to be watched under that. */
static void
lose_watch(struct files *files, struct node *node)
{
	struct node **twins = (struct node **)(void *)files->twins.data;
	size_t left = 0;

	for (size_t i = 0; i < files->twins.length / sizeof(*twins); i++) {
		struct node *twin = twins[i];

		if (twin && tree_folder(twin)->twin != node->wd) {
			twins[left++] = twin;
		} else if (twin) {
			tree_folder(twin)->twin = -1;
			walk_later(files, twin);
		}
	}
	files->twins.length = left * sizeof(*twins);
	tree_watch(&files->tree, node, -1);
}

void
follow_unwatch(struct files *files, struct node *node)
{
	struct node *child;

	while (node->kind == NODE_FOLDER && (child = LIST_FIRST(&tree_folder(node)->children)))
		follow_let_go(files, child);
	if (node->kind != NODE_FILE && node->wd >= 0) {
		inotify_ignore(files->source.fd, node->wd);
		lose_watch(files, node);
	}
}

void
follow_let_go(struct files *files, struct node *node)
{
	follow_unwatch(files, node);
	drop(files, node);
}

void
follow_lose(struct files *files, struct node *node)
{
	follow_unwatch(files, node);
	replaced(files, node, NULL);
	if (node->parent || !root_goes_on(files, node))
		drop(files, node);
}

/* ---- renames ---- */

/* The folder NODE is where its path says, as far as the queue has been followed. */
static void
look(struct files *files, struct node *node)
{
	int error = walk_folder(files, node) < 0 ? errno : 0;
	size_t length;

	if (error && files->trouble)
		files->trouble(tree_path(&files->tree, node, &length), error, files->context);
}

bool
follow_is_moving(const struct files *files, const struct node *node)
{
	for (size_t i = 0; i < count(files); i++)
		if (moves(files)[i].node == node)
			return true;
	return false;
}

bool
follow_is_displaced(const struct files *files, const struct node *node)
{
	return node->state == NODE_AWAY && node->parent && !follow_is_moving(files, node);
}

bool
follow_is_waiting(const struct files *files)
{
	for (size_t i = 0; i < count(files); i++)
		if (moves(files)[i].node->wd >= 0)
			return true;
	return false;
}

static void appeared(struct files *files, struct node *parent, const char *name, bool found);

/* MOVE says of a folder that is watched what has happened to another, which was not known. */
static void
was_another(struct files *files, const struct move *move)
{
	struct node *node = move->node, *parent = move->to;
	char name[NAME_MAX + 1];

	strlcpy(name, node->name, sizeof(name));
	if (move->doubted && move->from) {
		node = follow_relink(files, node, move->from, move->name);
		node->touched = true;
	} else {
		tree_set_state(&files->tree, node, NODE_GONE);
		walk_later(files, node);
	}
	appeared(files, parent, name, false);
}

/*
 * Something else has happened in the folder NODE than the renames under way in it: they are over.
 * Without MOVE_SELF, what has moved was not watched.
 */
static void
finish_moves(struct files *files, const struct node *node, uint32_t cookie)
{
	for (size_t i = 0; i < count(files); i++) {
		struct move move = moves(files)[i];

		if ((move.from != node && move.to != node) || move.cookie == cookie)
			continue;
		move_over(files, i--);
		if (move.to && move.tells && move.node->wd >= 0)
			was_another(files, &move);
		if (move.to)
			continue;
		if (move.node->wd >= 0) {
			tree_set_state(&files->tree, move.node, NODE_GONE);
			walk_later(files, move.node);
		} else {
			follow_let_go(files, move.node);
		}
	}
}

/*
 * A reading has found NODE before it moved: MOVE is the rename. What leaves the tree is let go; where
 * a reading has found it in its new place already, that is read again (window.c).
 */
static void
moved_found(struct files *files, struct node *node, const struct move *move)
{
	struct node *told = move->node;

	if (move->to) {
		look_for_other(files, node);
		node = follow_relink(files, node, move->to, told->name);
		tree_set_state(&files->tree, node, NODE_TOLD);
		node->touched = true;
	} else {
		follow_let_go(files, node);
	}
	follow_let_go(files, told);
}

bool
follow_caught_up(struct files *files)
{
	for (size_t i = 0; i < count(files); i++) {
		struct move move = moves(files)[i];
		int another;

		if (!move.to || !move.tells || move.looked || move.node->wd < 0)
			continue;
		another = walk_finds_another(files, move.node);
		if (another < 0)
			return false;
		moves(files)[i].looked = true;
		if (another != 1)
			continue;
		move_over(files, i);
		was_another(files, &move);
		return true;
	}
	return false;
}

static void
moved_self(struct files *files, struct node *node)
{
	for (size_t i = 0; i < count(files); i++) {
		struct move move = moves(files)[i];
		bool found = node->state == NODE_UNTOLD && move.node->wd < 0
			     && move.from == node->parent && !strcmp(move.name, node->name);

		if (move.node != node && move.other != node && !found)
			continue;
		move_over(files, i);
		if (found) {
			moved_found(files, node, &move);
		} else if (!move.to) {
			follow_let_go(files, node);
		} else if (move.other == node) {
			/* It was no exchange: the folder that came first was gone already. */
			node = follow_relink(files, node, move.to, move.node->name);
			node->touched = true;
			tree_set_state(&files->tree, node, NODE_TOLD);
			tree_set_state(&files->tree, move.node, NODE_GONE);
			walk_later(files, move.node);
		}
		return;
	}
	/* Found after it had come and left again. */
	if (node->state == NODE_UNTOLD)
		follow_let_go(files, node);
}

static uint64_t
entry_hash(const struct node *parent, const char *name)
{
	return hash_text((uint64_t)parent->wd, name);
}

void
follow_doubt(struct files *files, struct node *parent, const char *name)
{
	struct node *found = tree_child(&files->tree, parent, name, NODE_UNTOLD);

	if (found)
		follow_let_go(files, found);
	found = tree_add(&files->tree, parent, name, NODE_FOLDER, NODE_UNTOLD);
	found->touched = true;
	walk_later(files, found);
}

/* The folder NAME of PARENT leaves. TOLD is what the reader knows under that name, or NULL. */
static void
moved_from(struct files *files, struct node *parent, const char *name, struct node *told,
	   uint32_t cookie)
{
	/* Of two that are exchanged, the second one leaves where the first one has come to. */
	struct node *displaced = tree_child(&files->tree, parent, name, NODE_AWAY);
	struct move move = { .cookie = cookie, .node = told, .from = parent };

	files->left = entry_hash(parent, name);
	files->left_by = cookie;
	if (told && told->kind != NODE_FOLDER)
		move.node = NULL; /* a file that was the first one */
	if (displaced && follow_is_displaced(files, displaced)) {
		move.other = move.node;
		move.node = displaced;
		if (entry_hash(parent, name) == files->arrived)
			move.back = files->arrived_from;
	} else if (entry_hash(parent, name) == files->arrived) {
		/* Or it is exchanged with one that was not known, and is here now. */
		follow_doubt(files, parent, name);
		move.doubted = true;
	}
	if (!move.node)
		return;
	move.tells = !move.other && move.node->wd >= 0
		     && (move.node->heard || window_is_over(files, move.node));
	strlcpy(move.name, name, sizeof(move.name));
	tree_set_state(&files->tree, move.node, NODE_AWAY);
	buffer_add(&files->moves, &move, sizeof(move));
}

/* It was no exchange: what came first has left again, and what it took the name of was gone already. */
static void
correct(struct files *files, struct move *move)
{
	struct node *gone = move->node;

	move->node = move->other;
	move->other = NULL;
	tree_set_state(&files->tree, gone, NODE_GONE);
	walk_later(files, gone);
}

/* The folder of the rename COOKIE has come to PARENT as NAME. */
static void
moved_to(struct files *files, struct move *move, struct node *parent, const char *name, bool found)
{
	struct node *node;

	if (move->other && move->back != ANYWHERE && move->back != entry_hash(parent, name))
		correct(files, move);
	move->to = parent;
	node = follow_relink(files, move->node, parent, name);
	tree_set_state(&files->tree, node, NODE_TOLD);
	node->touched = true;
	if (walk_skips(files, node))
		follow_unwatch(files, node);
	else if (node->wd < 0 && !node->refused && !found)
		look(files, node);
}

/* ---- entries that come and go ---- */

static void
appeared(struct files *files, struct node *parent, const char *name, bool found)
{
	struct node *node = tree_add(&files->tree, parent, name, NODE_FOLDER, NODE_TOLD);

	node->touched = true;
	if (!found)
		look(files, node);
}

/* Another one has come to the name of NODE, whether by a rename or not. */
static void
displaced(struct files *files, struct node *node, bool renamed)
{
	struct node *before = tree_child(&files->tree, node->parent, node->name, NODE_AWAY);

	/* There is one place of the second in an exchange, and it is not taken twice. */
	if (before && follow_is_displaced(files, before))
		follow_let_go(files, before);
	if (node->kind != NODE_FOLDER || !renamed) {
		/* Of a folder the news is lost: where it is now, a reading finds it. */
		follow_let_go(files, node);
		return;
	}
	tree_set_state(&files->tree, node, NODE_AWAY);
	node->touched = true;
}

static void
file_came(struct files *files, struct node *parent, const char *name, struct node *told)
{
	if (!told && files->remember)
		told = tree_add(&files->tree, parent, name, NODE_FILE, NODE_TOLD);
	if (!told)
		return;
	told->touched = true;
	told->dirty = true;
}

/* FOUND: a reading has found a folder under that name, this one or a later one. */
static void
folder_came(struct files *files, struct node *parent, const struct inotify_record *record,
	    bool found)
{
	for (size_t i = 0; i < count(files) && record->cookie; i++) {
		struct move *move = &moves(files)[i];

		if (move->cookie != record->cookie)
			continue;
		/* News older than the tree: others are lost. */
		if (tree_is_below(parent, move->node))
			move_over(files, i);
		else
			moved_to(files, move, parent, record->name, found);
		return;
	}
	appeared(files, parent, record->name, found);
}

/* The hash of the entry that was renamed with COOKIE. */
static uint64_t
origin(const struct files *files, uint32_t cookie)
{
	if (files->left_by == cookie)
		return files->left;
	for (size_t i = 0; i < count(files); i++) {
		const struct move *move = &moves(files)[i];

		if (move->cookie == cookie)
			return move->from ? entry_hash(move->from, move->name) : ANYWHERE;
	}
	return OUTSIDE;
}

/* What a reading has found under the name cannot be said to have been there all the time. */
static struct node *
touch_found(struct files *files, struct node *parent, const char *name)
{
	struct node *found = tree_child(&files->tree, parent, name, NODE_UNTOLD);

	if (found) {
		found->touched = true;
		found->closed = false; /* what it was closed for is in the queue as well */
	}
	return found;
}

static void
came(struct files *files, struct node *parent, const struct inotify_record *record)
{
	enum node_kind kind = record->mask & IN_ISDIR ? NODE_FOLDER : NODE_FILE;
	struct node *told = tree_child(&files->tree, parent, record->name, NODE_TOLD);
	struct node *found = touch_found(files, parent, record->name);

	if (told && (told->kind != kind || kind == NODE_FOLDER)) {
		displaced(files, told, record->mask & IN_MOVED_TO);
		told = NULL;
	}
	if (kind == NODE_FOLDER && record->mask & IN_MOVED_TO) {
		files->arrived = entry_hash(parent, record->name);
		files->arrived_from = origin(files, record->cookie);
	}
	if (kind == NODE_FILE)
		file_came(files, parent, record->name, told);
	else
		folder_came(files, parent, record,
			    found && found->kind == NODE_FOLDER
				    && (found->wd >= 0 || tree_folder(found)->twin >= 0));
}

static void
went(struct files *files, struct node *parent, const struct inotify_record *record)
{
	enum node_kind kind = record->mask & IN_ISDIR ? NODE_FOLDER : NODE_FILE;
	struct node *node = tree_child(&files->tree, parent, record->name, NODE_TOLD);

	touch_found(files, parent, record->name);
	if (kind == NODE_FOLDER && record->mask & IN_MOVED_FROM)
		moved_from(files, parent, record->name, node, record->cookie);
	else if (!node || node->kind != kind)
		return;
	else if (kind == NODE_FOLDER && node->wd >= 0)
		tree_set_state(&files->tree, node, NODE_GONE); /* somebody has it open */
	else
		follow_let_go(files, node);
}

/* A file was written, or has been: what was remembered of it does not hold any more. */
static void
written(struct files *files, struct node *parent, const struct inotify_record *record)
{
	struct node *node = tree_child(&files->tree, parent, record->name, NODE_TOLD);

	if (!node || node->kind != NODE_FILE)
		return;
	if (record->mask & IN_MODIFY || !(files->mask & IN_MODIFY)) {
		node->dirty = true;
		node->changed = false;
	}
	node->unclosed = !(record->mask & IN_CLOSE_WRITE);
	if (!node->unclosed)
		node->closed = false;
}

void
follow_event(struct files *files, struct node *node, const struct inotify_record *record)
{
	node->heard = true;
	if (record->mask & IN_MOVE_SELF)
		moved_self(files, node);
	if (!record->length || node->kind != NODE_FOLDER)
		return;
	if (record->mask & (IN_CREATE | IN_DELETE | IN_MOVE))
		finish_moves(files, node, record->cookie);
	if (record->mask & (IN_CREATE | IN_MOVED_TO))
		came(files, node, record);
	else if (record->mask & (IN_DELETE | IN_MOVED_FROM))
		went(files, node, record);
	else if (record->mask & (IN_MODIFY | IN_CLOSE_WRITE)
		 && (files->remember || files->windows.length))
		written(files, node, record);
}

void
follow_end(struct files *files, struct node *node)
{
	lose_watch(files, node);
	follow_unwatch(files, node);
	if (!node->parent)
		follow_lose(files, node);
	else if (node->state != NODE_TOLD)
		drop(files, node);
	else if (node->parent->wd >= 0)
		walk_later(
			files,
			node); /* its DELETE comes, or it was unmounted and another is there now */
}

void
follow_forget(struct files *files)
{
	while (count(files)) {
		struct node *node = moves(files)[0].node;

		if (moves(files)[0].to)
			move_over(files, 0);
		else
			follow_let_go(files, node);
	}
}
