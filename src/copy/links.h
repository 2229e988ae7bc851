/* SPDX-License-Identifier: MIT */
/*
 * Files with several names: where the first of them was copied to, so that the others become names of
 * that.
 */
#ifndef BUTTER_LINKS_H
#define BUTTER_LINKS_H

#include <stdbool.h>
#include <sys/stat.h>

#include "copy/folder.h"

enum link_state {
	LINK_MAKING, /* somebody is copying the first name */
	LINK_MADE,
	LINK_FAILED,
};

struct link {
	dev_t device; /* of the source */
	ino_t inode;
	enum link_state state;
	struct folder *folder; /* the first name, in the target */
	char *name;
};

struct links {
	void *root; /* tsearch(3)'s */
};

/*
 * The file with STATUS; a new one if it was not known: then the caller makes it, in FOLDER under NAME
 * (*IS_NEW).
 */
struct link *links_find(struct links *links, const struct stat *status, struct folder *folder,
			const char *name, bool *is_new);

/* Whether the file with STATUS is known. */
bool links_know(struct links *links, const struct stat *status);

/* Forgets all, and frees the folders that were there for them only: nothing is to be done in any. */
void links_done(struct links *links, struct folders *folders);

#endif
