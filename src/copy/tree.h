/* SPDX-License-Identifier: MIT */
/*
 * A tree copied to another: one thread walks through the folders, and some more copy what is in them, each
 * by a struct copy of its own (file.h). No path is looked up but that of the operand: all is done relative
 * to folders that are open (folder.h).
 */
#ifndef BUTTER_TREE_COPY_H
#define BUTTER_TREE_COPY_H

#include "copy/crew.h"
#include "copy/file.h"
#include "copy/folder.h"
#include "copy/links.h"

/* Which symbolic links are not copied, but what they lead to: none, the operands, all. */
enum tree_follows { TREE_FOLLOWS_NONE, TREE_FOLLOWS_NAMED, TREE_FOLLOWS_ALL };

struct tree {
	/* For the caller to fill. */
	struct copy *copies; /* alike: the walker's, and one for each thread */
	unsigned jobs;       /* threads; 1: none but the caller's */
	bool one_file_system;
	enum tree_follows follows;
	bool keeps_links; /* files with several names stay such, as far as those are in the tree */
	/* Whether NAME in FOLDER is left out, IS_FOLDER or not. */
	bool (*leaves_out)(const struct folder *folder, const char *name, bool is_folder,
			   void *context);
	/*
	 * What COPY says could not be done, with errno, from FROM to TO, which are paths; one thread at a
	 * time.
	 */
	void (*failed)(const struct copy *copy, const char *from, const char *to, void *context);
	/* Another file is there. */
	void (*copied)(void *context);
	/* If not NULL: also which, and folders that have been made; these are paths. One thread at a time. */
	void (*shows)(const char *from, const char *to, void *context);
	void *context;

	/* Its own. */
	struct crew crew; /* and its lock, of what follows, too */
	struct folders folders;
	struct links links;
};

/* Starts the threads, or fewer, where there are not so many to be had. */
void tree_open(struct tree *tree);

/*
 * Copies the folder FROM, a path, to be the folder TO, which may be there; IS_NAMED: the user has named it,
 * and not just the folder that it is in. What cannot be copied is told, and the rest is.
 */
void tree_copy(struct tree *tree, const char *from, const char *to, bool is_named);

/*
 * Copies FROM, whose STATUS that is (of what a link leads to, if that is followed), to TO: of several that
 * are one file, the names become such again.
 */
void tree_copy_entry(struct tree *tree, const char *from, const struct stat *status, const char *to,
		     bool is_named);

void tree_close(struct tree *tree);

#endif
