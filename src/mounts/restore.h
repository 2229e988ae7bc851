/* SPDX-License-Identifier: MIT */
/* How all that is mounted below a mount was, so that it can be made so again. */
#ifndef BUTTER_RESTORE_H
#define BUTTER_RESTORE_H

#include "mounts/table.h"
#include "mounts/words.h"

struct restore {
	struct table table;
	int id; /* of the mount; 0: nothing has been read */
};

/* Reads what is below the mount whose root FD is. -1 with errno of statx(2) and table_read. */
int restore_read(struct restore *restore, int fd);

/*
 * Gives the attributes that WORDS have changed back to all that is below, as far as it can be reached: what
 * something has been mounted over stays changed. errno stays.
 */
void restore_below(const struct restore *restore, const struct words *words);

void restore_done(struct restore *restore);

#endif
