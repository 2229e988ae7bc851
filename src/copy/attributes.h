/* SPDX-License-Identifier: MIT */
/*
 * What a file has besides its content: mode, owner, times, access control lists and other extended
 * attributes.
 */
#ifndef BUTTER_ATTRIBUTES_H
#define BUTTER_ATTRIBUTES_H

#include <sys/stat.h>

enum {
	ATTRIBUTES_MODE = 1, /* and access control lists, acl(5) */
	ATTRIBUTES_OWNER = 2,
	ATTRIBUTES_TIMES = 4,
	ATTRIBUTES_EXTENDED = 8, /* xattr(7) */
};

/*
 * Gives the file TO those of WHAT that the file FROM has (-1: it cannot be read, and only its mode is
 * known), whose STATUS that is. Who may not give files away keeps the owner, and then the file is not
 * one that runs as another user. -1 with errno, and in *FAILED which one it was; the others are there.
 */
int attributes_copy(int from, const struct stat *status, int to, unsigned what, unsigned *failed);

/* How the first one of WHAT is called in a sentence. */
const char *attributes_name(unsigned what);

#endif
