/* SPDX-License-Identifier: MIT */
/* What is to be mounted, and where: lines of fstab(5). */
#ifndef BUTTER_FSTAB_H
#define BUTTER_FSTAB_H

#include <stdbool.h>
#include <stddef.h>

/* Why a line says nothing. */
enum fstab_fault {
	FSTAB_IS_FINE,
	FSTAB_IS_TOO_LONG,
	FSTAB_HAS_NUL,
	FSTAB_HAS_OPEN_QUOTE,
	FSTAB_HAS_NO_TARGET,
	FSTAB_HAS_NO_TYPE,
	FSTAB_HAS_NO_NUMBER,
	FSTAB_HAS_REMARK,
	FSTAB_IS_UNREADABLE, /* no line, but FILE of a folder: ERROR, as fstab_read has it */
};

struct fstab_entry {
	const char *file;       /* that it is in; NULL: of no file */
	size_t line;            /* its number, from 1 */
	enum fstab_fault fault; /* or the rest is not set */
	int error;              /* of FSTAB_IS_UNREADABLE */
	const char *source;     /* decoded; quotes of LABEL="a b" are left in it */
	const char *target, *type;
	const char *options; /* with commas; `defaults` where the line has none */
};

/* What has not been read yet. */
struct fstab_text {
	char *at, *end; /* where it begins, and ends, where one more byte can be written */
	size_t line;    /* how many lines have been */
};

/*
 * The next line that is not empty and no comment, decoded in place: ENTRY points into TEXT. False at
 * its end. A pure function of the text.
 */
bool fstab_next(struct fstab_text *text, struct fstab_entry *entry);

/* In words: what is wrong with the line, and what to do. */
const char *fstab_explain(enum fstab_fault fault);

struct fstab {
	struct fstab_entry *entries; /* in order, broken lines too */
	size_t count;
	char **texts, **names; /* of the files, which entries point into */
	size_t files;
};

/*
 * Adds the lines of the file PATH to FSTAB, which is zeroed at first; of a folder, those of its files
 * *.fstab in the order of their names, of which any may be unreadable. -1 with errno of open(2) and
 * read(2), EFBIG (more than 64 MiB), EINVAL (a FIFO, which may have no end; a pipe has one).
 */
int fstab_read(struct fstab *fstab, const char *path);

void fstab_done(struct fstab *fstab);

#endif
