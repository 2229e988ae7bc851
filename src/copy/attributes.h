/* SPDX-License-Identifier: MIT */
/*
 * What a file has besides its content: mode, owner, times, access control lists and other extended
 * attributes.
 */
#ifndef BUTTER_ATTRIBUTES_H
#define BUTTER_ATTRIBUTES_H

#include <stdbool.h>
#include <sys/stat.h>

enum {
	ATTRIBUTES_MODE = 1, /* and access control lists, acl(5) */
	ATTRIBUTES_OWNER = 2,
	ATTRIBUTES_TIMES = 4,
	ATTRIBUTES_EXTENDED = 8, /* xattr(7), but for */
	ATTRIBUTES_TRUST = 16,   /* those that say something of the content: capabilities, hashes */
	ATTRIBUTES_ALL = 31,
};

/* Whether files that are made in FOLDER get an access control list by themselves; acl(5). */
bool attributes_are_inherited(int folder);

/*
 * Gives the file or folder TO those of WHAT that FROM has, whose STATUS that is; INHERITED: TO may have
 * got some by itself. Who may not give files away keeps the owner, and then the file is not one that runs
 * as another user. -1 with errno, and in *FAILED which one it was; the others are there.
 */
int attributes_copy(int from, const struct stat *status, int to, unsigned what, bool inherited,
		    unsigned *failed);

/* An entry of a folder that has no descriptor: a symbolic link, device, FIFO or socket. */
struct attributes_entry {
	int folder;
	const char *name;
};

/*
 * The same for such ones; TO has just been made by this process: ESTALE if it is something else by now.
 * ENOENT: that needs /proc.
 */
int attributes_copy_entry(struct attributes_entry from, const struct stat *status,
			  struct attributes_entry to, unsigned what, bool inherited,
			  unsigned *failed);

/* How the first one of WHAT is called in a sentence. */
const char *attributes_name(unsigned what);

#endif
