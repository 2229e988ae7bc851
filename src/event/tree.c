/* SPDX-License-Identifier: MIT */
#include "event/tree.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "memory.h"

enum { LEAST_BUCKETS = 64 };

/* The lists link nodes; a folder's other chain is reached through it. */
#define SAME_WD(node) tree_folder(node)->same_wd.sle_next

static struct chain *
chain_of_wd(const struct tree *tree, int wd)
{
	/* The kernel counts watch descriptors upwards: they spread by themselves. */
	return &tree->by_wd[(unsigned)wd & (tree->wd_buckets - 1)];
}

static struct chain *
chain_of_name(const struct tree *tree, const struct node *parent, const char *name)
{
	uint64_t seed = (uintptr_t)parent * UINT64_C(0x9e3779b97f4a7c15);

	return &tree->by_name[hash_text(seed, name) & (tree->buckets - 1)];
}

static void
index_name(struct tree *tree, struct node *node)
{
	SLIST_INSERT_HEAD(chain_of_name(tree, node->parent, node->name), node, same_name);
}

static void
unindex_name(struct tree *tree, struct node *node)
{
	SLIST_REMOVE(chain_of_name(tree, node->parent, node->name), node, node, same_name);
}

static void
index_wd(struct tree *tree, struct node *node)
{
	struct chain *chain = chain_of_wd(tree, node->wd);

	SAME_WD(node) = SLIST_FIRST(chain);
	SLIST_FIRST(chain) = node;
}

static void
unindex_wd(struct tree *tree, struct node *node)
{
	struct node **link = &SLIST_FIRST(chain_of_wd(tree, node->wd));

	while (*link != node)
		link = &SAME_WD(*link);
	*link = SAME_WD(node);
}

/* Two nodes a chain: a bucket costs as much as a node's link, and there are many nodes. */
static void
grow_names(struct tree *tree)
{
	struct chain *old = tree->by_name;
	size_t buckets = tree->buckets;

	tree->buckets = buckets ? buckets * 2 : LEAST_BUCKETS;
	tree->by_name = memory_get(tree->buckets * sizeof(*tree->by_name));
	for (size_t i = 0; i < buckets; i++)
		while (!SLIST_EMPTY(&old[i])) {
			struct node *node = SLIST_FIRST(&old[i]);

			SLIST_REMOVE_HEAD(&old[i], same_name);
			index_name(tree, node);
		}
	free(old);
}

static void
grow_wds(struct tree *tree)
{
	struct chain *old = tree->by_wd;
	size_t buckets = tree->wd_buckets;

	tree->wd_buckets = buckets ? buckets * 2 : LEAST_BUCKETS;
	tree->by_wd = memory_get(tree->wd_buckets * sizeof(*tree->by_wd));
	for (size_t i = 0; i < buckets; i++)
		for (struct node *node = SLIST_FIRST(&old[i]), *next; node; node = next) {
			next = SAME_WD(node);
			index_wd(tree, node);
		}
	free(old);
}

static struct node *
make(struct node *parent, const char *name, enum node_kind kind, enum node_state state)
{
	size_t before = kind == NODE_FILE ? 0 : offsetof(struct folder, node);
	size_t size = strlen(name) + 1;
	char *memory = memory_resize(NULL, before + offsetof(struct node, name) + size, 1);
	struct node *node = (void *)(memory + before);

	memset(memory, 0, before + offsetof(struct node, name));
	memcpy(node->name, name, size);
	node->parent = parent;
	node->kind = kind;
	node->state = state;
	if (kind != NODE_FILE) {
		node->wd = -1;
		tree_folder(node)->twin = -1;
	}
	return node;
}

static void
release(struct node *node)
{
	free(node->kind == NODE_FILE ? (void *)node : (void *)tree_folder(node));
}

static void
link_node(struct tree *tree, struct node *node)
{
	LIST_INSERT_HEAD(node->parent ? &tree_folder(node->parent)->children : &tree->roots, node,
			 sibling);
	tree->root_count += !node->parent;
	tree->in_state[node->state]++;
	index_name(tree, node);
	tree->shown = NULL;
}

static void
unlink_node(struct tree *tree, struct node *node)
{
	LIST_REMOVE(node, sibling);
	tree->root_count -= !node->parent;
	tree->in_state[node->state]--;
	unindex_name(tree, node);
	tree->shown = NULL;
}

struct node *
tree_add(struct tree *tree, struct node *parent, const char *name, enum node_kind kind,
	 enum node_state state)
{
	struct node *node = make(parent, name, kind, state);

	if (tree->count++ >= tree->buckets * 2)
		grow_names(tree);
	link_node(tree, node);
	return node;
}

struct node *
tree_find(const struct tree *tree, int wd)
{
	struct node *node;

	if (wd < 0 || !tree->wd_buckets)
		return NULL;
	node = SLIST_FIRST(chain_of_wd(tree, wd));
	while (node && node->wd != wd)
		node = SAME_WD(node);
	return node;
}

struct node *
tree_child(const struct tree *tree, const struct node *parent, const char *name,
	   enum node_state state)
{
	struct node *node;

	if (!tree->buckets)
		return NULL;
	SLIST_FOREACH(node, chain_of_name(tree, parent, name), same_name)
	if (node->parent == parent && node->state == state && !strcmp(node->name, name))
		return node;
	return NULL;
}

void
tree_set_kind(struct tree *tree, struct node *node, enum node_kind kind)
{
	node->kind = kind;
	tree->shown = NULL;
}

void
tree_set_state(struct tree *tree, struct node *node, enum node_state state)
{
	tree->in_state[node->state]--;
	tree->in_state[state]++;
	node->state = state;
}

void
tree_watch(struct tree *tree, struct node *node, int wd)
{
	if (node->wd >= 0) {
		unindex_wd(tree, node);
		tree->watched--;
	}
	node->wd = wd;
	node->heard = false;
	if (wd < 0)
		return;
	if (tree->watched++ >= tree->wd_buckets)
		grow_wds(tree);
	index_wd(tree, node);
}

struct node *
tree_move(struct tree *tree, struct node *node, struct node *parent, const char *name)
{
	struct node *new = tree_add(tree, parent, name, node->kind, node->state), *child;
	struct siblings *children = &tree_folder(node)->children;
	bool heard = node->heard;
	int wd = node->wd;

	while ((child = LIST_FIRST(children))) {
		unlink_node(tree, child);
		child->parent = new;
		link_node(tree, child);
	}
	tree_folder(new)->window = tree_folder(node)->window;
	new->waiting = node->waiting;
	new->quiet = node->quiet;
	tree_watch(tree, node, -1);
	tree_watch(tree, new, wd);
	new->heard = heard;
	tree_remove(tree, node);
	return new;
}

void
tree_remove(struct tree *tree, struct node *node)
{
	if (node->kind != NODE_FILE)
		tree_watch(tree, node, -1);
	unlink_node(tree, node);
	release(node);
	tree->count--;
}

bool
tree_is_below(const struct node *node, const struct node *above)
{
	while (node && node != above)
		node = node->parent;
	return node;
}

bool
tree_is_away(const struct node *node)
{
	while (node && node->state < NODE_AWAY)
		node = node->parent;
	return node;
}

/* Recursion as deep as the tree of folders, a few words a level. */
static void
add_path(struct buffer *path, const struct node *node)
{
	if (node->parent)
		add_path(path, node->parent);
	buffer_text(path, node->name);
	if (node->kind == NODE_FOLDER && path->length && path->data[path->length - 1] != '/')
		buffer_byte(path, '/');
}

const char *
tree_path(struct tree *tree, const struct node *node, size_t *length)
{
	if (tree->shown != node) {
		tree->path.length = 0;
		add_path(&tree->path, node);
		buffer_string(&tree->path);
		tree->shown = node;
	}
	*length = tree->path.length;
	return tree->path.data;
}

void
tree_each(const struct tree *tree, void (*each)(const struct node *node, void *context),
	  void *context)
{
	const struct node *node;

	for (size_t i = 0; i < tree->buckets; i++)
		SLIST_FOREACH(node, &tree->by_name[i], same_name)
	if (node->kind != NODE_FILE && node->wd >= 0)
		each(node, context);
}

void
tree_done(struct tree *tree)
{
	for (size_t i = 0; i < tree->buckets; i++)
		while (!SLIST_EMPTY(&tree->by_name[i])) {
			struct node *node = SLIST_FIRST(&tree->by_name[i]);

			SLIST_REMOVE_HEAD(&tree->by_name[i], same_name);
			release(node);
		}
	free(tree->by_wd);
	free(tree->by_name);
	buffer_done(&tree->path);
	*tree = (struct tree){ 0 };
}
