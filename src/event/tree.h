/* SPDX-License-Identifier: MIT */
/*
 * What is watched, as a tree: a node for each watched object, found by its watch
 * descriptor or by its parent and name. A node holds its own name only, so that
 * renaming a folder is one step, however much is below it; a path is put together
 * when it is printed. Names and numbers only: no system call is made here.
 */
#ifndef BUTTER_TREE_H
#define BUTTER_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include <sys/queue.h>

#include "cli/buffer.h"

struct node {
	struct node *parent; /* NULL: a root, something that the user named */
	LIST_ENTRY(node) sibling;
	LIST_HEAD(siblings, node) children;
	SLIST_ENTRY(node) same_wd, same_name; /* chains of the two indexes */
	int wd;                               /* -1: not watched */
	bool is_dir;
	bool displaced; /* another has its place, and it has not been told to be elsewhere */
	char name[];    /* a root's is its path as typed */
};

SLIST_HEAD(chain, node);

struct tree {
	size_t count, buckets; /* nodes; chains of each index, a power of two */
	struct chain *by_wd, *by_name;
	size_t roots;             /* nodes without a parent */
	const struct node *shown; /* whose path is in path; NULL: nobody's */
	struct buffer path;
};

/* A new node below PARENT (NULL: a root), not watched yet. */
struct node *tree_add(struct tree *tree, struct node *parent, const char *name, bool is_dir);

/* The node that WD watches, or NULL. */
struct node *tree_find(const struct tree *tree, int wd);

/* The child of PARENT with NAME, DISPLACED or not, or NULL. */
struct node *tree_child(const struct tree *tree, const struct node *parent, const char *name,
			bool displaced);

/* NODE is watched by WD from now on; -1: it is not. */
void tree_watch(struct tree *tree, struct node *node, int wd);

/* Puts NODE, with all below it, under PARENT as NAME. Returns it: it may have moved in memory, its
 * children have not. */
struct node *tree_move(struct tree *tree, struct node *node, struct node *parent, const char *name);

/* Frees NODE, which has no children, and its parents that are neither watched nor parents any more.
 */
void tree_remove(struct tree *tree, struct node *node);

/* NODE's path; a folder's ends in '/'. Lives until the tree changes or another path is asked for.
 */
const char *tree_path(struct tree *tree, const struct node *node, size_t *length);

/* Frees all nodes. */
void tree_done(struct tree *tree);

#endif
