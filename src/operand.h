/* SPDX-License-Identifier: MIT */
/* What the paths that are named on a command line that copies stand for. */
#ifndef BUTTER_OPERAND_H
#define BUTTER_OPERAND_H

#include <stdbool.h>

/* The number of the descriptor that PATH is another word for; -1: none. */
int operand_descriptor(const char *path);

/* Opens the folder that PATH is in; *NAME, in PATH, is what follows. -1 with errno of open(2). */
int operand_open_folder(char *path, const char **name);

/* The name that FROM gets in a folder. To be freed. */
char *operand_name(const char *from);

/* Whether NAME, in the folder that all go into, is the first such; but of folders one gets what all have. */
bool operand_is_first(char *name, bool is_of_folder);

#endif
