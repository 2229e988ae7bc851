/* SPDX-License-Identifier: MIT */
/*
 * Programs that mount and unmount what the kernel cannot alone: /sbin/mount.TYPE, /sbin/umount.TYPE;
 * mount(8).
 */
#ifndef BUTTER_HELPER_H
#define BUTTER_HELPER_H

#include <stdbool.h>

struct helper {
	bool unmounts;
	const char *type;   /* may have a subtype: fuse.sshfs */
	const char *source; /* NULL for one that unmounts */
	const char *target;
	const char *options;                 /* a list for -o; NULL or "": none */
	bool fake, no_mtab, sloppy, verbose; /* -f -n -s -v, for mount */
	bool force, lazy, read_only;         /* -f -l -r, for umount */
};

enum { HELPER_CANNOT_RUN = 126 };

/*
 * The program for TYPE, or for what is in front of its dot, to be freed; in /sbin, /sbin/fs.d or /sbin/fs.
 * NULL: there is none.
 */
char *helper_find(bool unmounts, const char *type);

/*
 * Runs PROGRAM: SOURCE TARGET [-sfnv] [-o OPTIONS] [-t TYPE.SUBTYPE], or TARGET [-flnrv] [-t TYPE.SUBTYPE],
 * and waits for it; a signal that asks to end is handed on to it, and signals_ending says which. Its exit
 * status, or 128 + the signal that has ended it; HELPER_CANNOT_RUN and *ERROR,
 * the errno of execve(2) or fork(2), which is 0 else.
 */
int helper_run(const char *program, const struct helper *helper, int *error);

/* The signal that has ended what has such a STATUS; 0: none has. */
int helper_signal(int status);

#endif
