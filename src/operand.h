/* SPDX-License-Identifier: MIT */
/* What the paths that are named on a command line that copies stand for. */
#ifndef BUTTER_OPERAND_H
#define BUTTER_OPERAND_H

#include <sys/stat.h>

/* The number of the descriptor that PATH is another word for; -1: none. */
int operand_descriptor(const char *path);

/* Opens the folder that PATH is in; *NAME, in PATH, is what follows. -1 with errno of open(2). */
int operand_open_folder(char *path, const char **name);

/* The name that FROM gets in a folder. To be freed. */
char *operand_name(const char *from);

/* What has NAME in the folder that all go into, so far. */
enum operand_before {
	OPERAND_NONE,    /* nothing; or a folder, as this is one: it gets what all have */
	OPERAND_ITSELF,  /* the same file, which is named once more */
	OPERAND_ANOTHER, /* another one */
};

/* STATUS is that of the operand; NULL: not known. */
enum operand_before operand_before(char *name, const struct stat *status);

#endif
