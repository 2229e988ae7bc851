/* SPDX-License-Identifier: MIT */
/*
 * The folders of a tree that is copied, each with what it is copied to. Of these pairs only so many are
 * open at once, whatever the depth: one that is in use, or was lately. The others are opened again when they
 * are wanted, from the nearest folder above that is open, and have to be the same then.
 */
#ifndef BUTTER_FOLDER_H
#define BUTTER_FOLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "cli/buffer.h"
#include "copy/place.h"

struct folder {
	struct folder *parent;         /* NULL: it is what was asked to be copied */
	char *name, *new_name;         /* in the parent's source and target; else whole paths */
	int from, to;                  /* descriptors; -1: not open now */
	struct stat status, to_status; /* as they were when they were opened first */
	bool is_new;                   /* the target was made for the copy */
	bool inherits, tells_late;     /* place.h */
	unsigned left; /* what is to be done in it yet: reading, files, folders; tree.c's */
	enum place_links links; /* of operands: which are followed in the target */
	bool follows;           /* the source may be a symbolic link to it */
	bool is_outer;          /* no folder that is copied: an operand that is none is in it */
	unsigned linked;        /* files in it and below that others may become names of */

	/* Its own. */
	bool is_read;  /* it was opened once */
	unsigned held; /* how often */
	struct folder *older, *newer;
};

/* Those that are open. */
struct folders {
	unsigned most, count;
	struct folder *oldest, *newest;
};

/* Below PARENT, or, of operands, NULL. The names are copied. */
struct folder *folder_new(struct folder *parent, const char *name, const char *new_name);

/*
 * Opens FOLDER for the first time, and makes its target where there is none, with MODE in the place of
 * what the source says, if that is not -1; but not, 1, if it is what NEVER (or NULL) says, and, 2, if
 * symbolic links have led to a folder that it is in. It is held then. -1 with errno, and in *AT_OUTPUT
 * on which side.
 */
int folder_enter(struct folders *folders, struct folder *folder, int mode, const struct stat *never,
		 bool *at_output);

/* It stays open from now on. -1 with errno: it is not what it was (ESTALE), or openat(2)'s. */
int folder_hold(struct folders *folders, struct folder *folder);

/* Held once less. */
void folder_let_go(struct folders *folders, struct folder *folder);

/* Nobody wants it any more. */
void folder_free(struct folders *folders, struct folder *folder);

/* Appends the path of NAME in FOLDER below the operand. */
void folder_path_below(struct buffer *path, const struct folder *folder, const char *name);

/* Appends the path of NAME, or NULL, in FOLDER: of the source, or the target. */
void folder_path(struct buffer *path, const struct folder *folder, const char *name,
		 bool of_target);

#endif
