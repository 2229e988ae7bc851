/* SPDX-License-Identifier: MIT */
/*
 * What is known of the watched folders, as a tree: a node for each folder, found by its
 * watch descriptor or by its parent and name, and for each file that has to be remembered.
 * A node holds its own name only, so that renaming a folder is one step, however much is
 * below it; a path is put together when it is printed. Names and numbers only: no system
 * call is made here.
 */
#ifndef BUTTER_TREE_H
#define BUTTER_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/queue.h>

#include "cli/buffer.h"

enum node_kind {
	NODE_FILE,   /* anything that is no folder; not watched itself */
	NODE_FOLDER, /* has children, may be watched */
	NODE_OBJECT, /* no folder, watched: the user named it */
};

enum node_state {
	NODE_TOLD,   /* the reader of the events knows that it is there */
	NODE_UNTOLD, /* found by reading its folder: what the queue says comes first */
	NODE_AWAY,   /* a folder that is on its way: its name is another's, or nobody's; a root that
			is waited for */
	NODE_GONE,   /* a folder that has no name any more; its watch may live on */
};

/* 38 bytes and the name; of a file there is nothing else. */
struct node {
	struct node *parent; /* NULL: a root, something that the user named */
	LIST_ENTRY(node) sibling;
	SLIST_ENTRY(node) same_name; /* chain of the index */
	union {
		int wd;         /* of a folder or object; -1: not watched */
		uint32_t stamp; /* of a file: what its size and time were */
	};
	uint8_t kind : 2, state : 2;
	bool seen : 1;     /* the last reading of its folder has found it */
	bool touched : 1;  /* since then an event has said whether it is there */
	bool changed : 1;  /* a file: the last reading has found another stamp */
	bool dirty : 1;    /* a file: events have told that the stamp does not hold any more */
	bool unclosed : 1; /* a file: it was modified, and no event has told that it was closed */
	bool closed : 1;   /* a file: the last reading has found it written, and nobody writing */
	bool waiting : 1;  /* a folder: to be watched as soon as it can be found */
	bool refused : 1;  /* a folder: that it cannot be watched has been said */
	bool quiet : 1;    /* a folder: its watch does not tell yet what the walk itself does */
	bool heard : 1;    /* a folder: an event of its watch has been followed */
	bool departed : 1; /* a root: its path has come to lead to another object, or to none */
	bool strayed : 1;  /* a root: its path leads elsewhere (reach.h) */
	char name[];       /* a root's is its path as typed */
};

LIST_HEAD(siblings, node);
SLIST_HEAD(chain, node);

/* What a folder or object has besides. */
struct folder {
	struct siblings children;
	SLIST_ENTRY(node) same_wd; /* chain of the index */
	struct node *next;         /* on the list of those that a walk has yet to visit */
	uint32_t window;           /* of the last walk that found or read it; 0: the first */
	int twin; /* wd under which the same folder is watched elsewhere; -1: none */
	struct node node;
};

struct tree {
	size_t count, buckets;      /* nodes; chains of the index of names */
	size_t watched, wd_buckets; /* nodes with a wd; chains of that index */
	struct chain *by_name, *by_wd;
	struct siblings roots; /* nodes without a parent */
	size_t root_count;
	size_t in_state[NODE_GONE + 1]; /* how many nodes */
	const struct node *shown;       /* whose path is in path; NULL: nobody's */
	struct buffer path;
};

/* The folder (or object) that NODE is. */
static inline struct folder *
tree_folder(const struct node *node)
{
	return (struct folder *)((uintptr_t)node - offsetof(struct folder, node));
}

/* A new node below PARENT (NULL: a root), not watched yet. */
struct node *tree_add(struct tree *tree, struct node *parent, const char *name, enum node_kind kind,
		      enum node_state state);

/* The node that WD watches, or NULL. */
struct node *tree_find(const struct tree *tree, int wd);

/* The child of PARENT with NAME in STATE, or NULL. */
struct node *tree_child(const struct tree *tree, const struct node *parent, const char *name,
			enum node_state state);

/* NODE, a folder without children or an object, is of KIND from now on, which is one of these. */
void tree_set_kind(struct tree *tree, struct node *node, enum node_kind kind);

void tree_set_state(struct tree *tree, struct node *node, enum node_state state);

/* NODE is watched by WD from now on; -1: it is not. */
void tree_watch(struct tree *tree, struct node *node, int wd);

/* Puts the folder NODE, with all below it, under PARENT as NAME. Returns it: it may have moved in
 * memory, its children have not. */
struct node *tree_move(struct tree *tree, struct node *node, struct node *parent, const char *name);

/* Frees NODE, which has no children. */
void tree_remove(struct tree *tree, struct node *node);

/* Whether NODE is ABOVE or below it. */
bool tree_is_below(const struct node *node, const struct node *above);

/* Whether NODE is, or is below, a folder that has no name now. */
bool tree_is_away(const struct node *node);

/* The path of NODE; a folder's ends in '/'. Lives until the tree changes or another path is asked
 * for. */
const char *tree_path(struct tree *tree, const struct node *node, size_t *length);

/* Calls EACH, which leaves the tree as it is, with every node that is watched, in no order. */
void tree_each(const struct tree *tree, void (*each)(const struct node *node, void *context),
	       void *context);

/* Frees all nodes. */
void tree_done(struct tree *tree);

#endif
