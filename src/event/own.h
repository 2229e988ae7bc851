/* SPDX-License-Identifier: MIT */
/*
 * The files to which events and messages are written: where one is watched itself, each record
 * would be the cause of the next, and so would a message that a command has failed. inotify does
 * not say who has done something; so what is modified under the name of such a file counts as our
 * own doing.
 */
#ifndef BUTTER_OWN_H
#define BUTTER_OWN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "cli/buffer.h"

enum { OWN_OTHERS = 256, OWN_OUTPUTS = 2 };

struct own_output {
	int fd;
	dev_t device;
	ino_t inode;
	int wd;             /* the watch that sees it, or has; -1: none has yet */
	struct buffer name; /* and the name under which it does; "": it is watched itself */
	bool doubted;       /* since then the name may have become another's */
	off_t size;         /* when that began, or was looked at last */
};

/* Zeroed, there is no output. */
struct own {
	bool is_file; /* one of them is */
	struct own_output outputs[OWN_OUTPUTS];
	size_t count;
	uint64_t others[OWN_OTHERS]; /* hashes of what is known to be another file */
};

/* FD is an output, too, OWN_OUTPUTS at most: only a regular file can be its own cause. fstat(2). */
void own_open(struct own *own, int fd);

/*
 * Whether the file that WD sees as NAME, at PATH (NUL-terminated), is one. Where its name is another's by
 * now, inotify tells under that of both: it is our doing if what is told is that it was MODIFIED, and ours
 * has been.
 */
bool own_is(struct own *own, int wd, const char *name, const char *path, bool modified);

/* The same of the file of STATUS. */
bool own_has(const struct own *own, const struct stat *status);

/* Names may mean other files from now on. */
void own_forget(struct own *own);

void own_close(struct own *own);

#endif
