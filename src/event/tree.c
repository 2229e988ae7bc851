/* SPDX-License-Identifier: MIT */
#include "event/tree.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

enum { LEAST_BUCKETS = 64 };

static struct chain *
chain_of_wd(const struct tree *tree, int wd)
{
	/* The kernel counts watch descriptors upwards: they spread by themselves. */
	return &tree->by_wd[(unsigned)wd & (tree->buckets - 1)];
}

static struct chain *
chain_of_name(const struct tree *tree, const struct node *parent, const char *name)
{
	uint64_t hash = (uintptr_t)parent * UINT64_C(0x9e3779b97f4a7c15);

	/* FNV-1a, from the parent's address on. */
	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
	return &tree->by_name[(hash ^ hash >> 32) & (tree->buckets - 1)];
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

/* Twice as many chains as soon as there is one node for each. */
static void
grow(struct tree *tree)
{
	struct chain *old = tree->by_name;
	size_t buckets = tree->buckets;

	tree->buckets = buckets ? buckets * 2 : LEAST_BUCKETS;
	free(tree->by_wd);
	tree->by_wd = memory_get(tree->buckets * sizeof(*tree->by_wd));
	tree->by_name = memory_get(tree->buckets * sizeof(*tree->by_name));
	/* Every node is in this index, so one walk fills both. */
	for (size_t i = 0; i < buckets; i++)
		while (!SLIST_EMPTY(&old[i])) {
			struct node *node = SLIST_FIRST(&old[i]);

			SLIST_REMOVE_HEAD(&old[i], same_name);
			index_name(tree, node);
			if (node->wd >= 0)
				SLIST_INSERT_HEAD(chain_of_wd(tree, node->wd), node, same_wd);
		}
	free(old);
}

static struct node *
make(struct node *parent, const char *name)
{
	size_t size = strlen(name) + 1;
	struct node *node = memory_resize(NULL, sizeof(*node) + size, 1);

	memset(node, 0, sizeof(*node));
	memcpy(node->name, name, size);
	node->parent = parent;
	node->wd = -1;
	return node;
}

static void
link_node(struct tree *tree, struct node *node)
{
	if (node->parent)
		LIST_INSERT_HEAD(&node->parent->children, node, sibling);
	else
		tree->roots++;
	index_name(tree, node);
	tree->shown = NULL;
}

static void
unlink_node(struct tree *tree, struct node *node)
{
	if (node->parent)
		LIST_REMOVE(node, sibling);
	else
		tree->roots--;
	unindex_name(tree, node);
	tree->shown = NULL;
}

struct node *
tree_add(struct tree *tree, struct node *parent, const char *name, bool is_dir)
{
	struct node *node = make(parent, name);

	node->is_dir = is_dir;
	if (tree->count++ >= tree->buckets)
		grow(tree);
	link_node(tree, node);
	return node;
}

struct node *
tree_find(const struct tree *tree, int wd)
{
	struct node *node;

	if (wd < 0 || !tree->buckets)
		return NULL;
	SLIST_FOREACH(node, chain_of_wd(tree, wd), same_wd)
	if (node->wd == wd)
		return node;
	return NULL;
}

struct node *
tree_child(const struct tree *tree, const struct node *parent, const char *name, bool displaced)
{
	struct node *node;

	if (!tree->buckets)
		return NULL;
	SLIST_FOREACH(node, chain_of_name(tree, parent, name), same_name)
	if (node->parent == parent && node->displaced == displaced && !strcmp(node->name, name))
		return node;
	return NULL;
}

void
tree_watch(struct tree *tree, struct node *node, int wd)
{
	if (node->wd >= 0)
		SLIST_REMOVE(chain_of_wd(tree, node->wd), node, node, same_wd);
	node->wd = wd;
	if (wd >= 0)
		SLIST_INSERT_HEAD(chain_of_wd(tree, wd), node, same_wd);
}

struct node *
tree_move(struct tree *tree, struct node *node, struct node *parent, const char *name)
{
	struct node *new = tree_add(tree, parent, name, node->is_dir), *child;
	int wd = node->wd;

	while ((child = LIST_FIRST(&node->children))) {
		unlink_node(tree, child);
		child->parent = new;
		link_node(tree, child);
	}
	tree_watch(tree, node, -1);
	tree_watch(tree, new, wd);
	tree_remove(tree, node);
	return new;
}

void
tree_remove(struct tree *tree, struct node *node)
{
	struct node *parent = node->parent;

	tree_watch(tree, node, -1);
	unlink_node(tree, node);
	free(node);
	tree->count--;
	if (parent && parent->wd < 0 && LIST_EMPTY(&parent->children))
		tree_remove(tree, parent);
}

/* Recursion as deep as the tree of folders, a few words a level. */
static void
add_path(struct buffer *path, const struct node *node)
{
	if (node->parent)
		add_path(path, node->parent);
	buffer_text(path, node->name);
	if (node->is_dir && path->length && path->data[path->length - 1] != '/')
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
tree_done(struct tree *tree)
{
	for (size_t i = 0; i < tree->buckets; i++)
		while (!SLIST_EMPTY(&tree->by_name[i])) {
			struct node *node = SLIST_FIRST(&tree->by_name[i]);

			SLIST_REMOVE_HEAD(&tree->by_name[i], same_name);
			free(node);
		}
	free(tree->by_wd);
	free(tree->by_name);
	buffer_done(&tree->path);
	*tree = (struct tree){ 0 };
}
