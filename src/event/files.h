/* SPDX-License-Identifier: MIT */
/*
 * inotify as a source: what happens to files and folders, with the path of each.
 *
 * A recursive watch is one watch for each folder. A folder that appears is
 * watched and read at once, one that moves keeps its watch and gets its new
 * path, one that moves out of sight is let go.
 */
#ifndef BUTTER_FILES_H
#define BUTTER_FILES_H

#include "event/source.h"
#include "event/tree.h"
#include "kernel/inotify.h"

struct step;

struct files {
	struct source source;
	struct tree tree;
	uint32_t mask; /* what the kernel is asked for */
	bool recursive;
	bool follow;         /* an operand that is a symlink means what it points to */
	int start;           /* the working folder, while a walk leaves it; -1 */
	struct step *here;   /* where the walk is; NULL: at start */
	size_t open_folders; /* descriptors that the walk holds */
	struct buffer moves; /* struct move each: folders of which only MOVED_FROM was seen */
	struct node *last;   /* where the event that was handed out last happened: the tree */
	struct inotify_record
		record; /* follows it with the next call, when its path has been read */

	/* Whether the folder PATH (ends in '/') is to be left out; NULL: none. */
	bool (*skip)(const char *path, void *context);
	/* A folder could not be watched and the walk goes on; errno in ERROR. */
	void (*trouble)(const char *path, int error, void *context);
	void *context;
};

/*
 * Opens a source for the events of MASK (IN_ACCESS ...). With RECURSIVE, more is asked
 * of the kernel than MASK: the caller filters. -1 with errno of inotify_open.
 */
int files_open(struct files *files, uint32_t mask, bool recursive, bool follow);

/*
 * Watches PATH, with RECURSIVE all folders below it. A folder below that vanishes or
 * may not be read is no failure. -1 with errno of inotify_watch or open(2), or ENOSPC where
 * watches ran out below.
 */
int files_watch(struct files *files, const char *path);

/* Whether anything is left that the user named. */
bool files_any(const struct files *files);

/* How many watches there are. */
size_t files_count(const struct files *files);

void files_close(struct files *files);

#endif
