/* SPDX-License-Identifier: MIT */
/*
 * A place that no other mount has a copy of, and that nobody else finds by chance: what mount(2) does in more
 * than one step is done there, and moved to its target, and to the copies of that, when it is whole.
 */
#ifndef BUTTER_STAGE_H
#define BUTTER_STAGE_H

#include <stdbool.h>

#include "mounts/destination.h"

struct stage {
	struct destination place;
	char folder[32]; /* that it is in */
	int above;       /* where that was made */
};

/*
 * Makes one, for what is to be at a folder or, if not IS_FOLDER, at a file. -1 with errno of mkdir(2) and
 * mount(2): there is no folder that one can be made in.
 */
int stage_open(struct stage *stage, bool is_folder);

/* Takes it away, whatever covers it now; what is still mounted in it, too. errno stays. */
void stage_close(struct stage *stage);

#endif
