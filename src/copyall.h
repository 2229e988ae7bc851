/* SPDX-License-Identifier: MIT */
/*
 * All that is named on a command line that copies: each SOURCE, whatever it is, goes to where it is to be;
 * what cannot be copied is told, and the rest is.
 */
#ifndef BUTTER_COPYALL_H
#define BUTTER_COPYALL_H

#include "cli/opt.h"
#include "cli/record.h"
#include "copy/tree.h"
#include "copying.h"

struct copyall {
	/* For the caller to fill. */
	struct copying *copying;
	struct copy *copy; /* for all that TREE is not for */
	struct tree
		*tree;  /* for folders, links and files with several names; NULL: all are files */
	bool recursive; /* folders, devices and FIFOs are copied as such; else these are read */
	bool follows;   /* of a SOURCE that is a symbolic link, what it leads to is copied */
	bool shows;     /* says on standard output what becomes what */
	const struct opt_list *excludes; /* patterns, exclude.h, of what is left out of folders */

	/* Its own. */
	struct record shown;
	bool shows_at_once; /* somebody sits there */
	int status;
};

/* First of all: from now on TREE, if there is one, says what becomes of its files. */
void copyall_open(struct copyall *all);

/*
 * Copies the COUNT SOURCES into the folder TO, or, INTO not given, the only one to be TO; `-` is standard
 * input or output.
 */
void copyall_copy(struct copyall *all, int count, char **sources, const char *to, bool into);

/* At the end; the status. */
int copyall_close(struct copyall *all);

/* Counts BYTES that have arrived for the meter of a struct copying, whichever thread says so. */
void copyall_moved(uint64_t bytes, void *meter);

#endif
