/* SPDX-License-Identifier: MIT */
/* What a copy has besides its content: what is kept of the source, or of what was there before. */
#ifndef BUTTER_KEEP_H
#define BUTTER_KEEP_H

#include "copy/task.h"

/*
 * Opens what is to be replaced, to be read, and what it is *NOW. -1 with errno; ESTALE: something else has
 * come there meanwhile.
 */
int keep_open_old(const struct target *target, struct stat *now);

/*
 * Gives the target, whose content is whole, all else; a part is none any more then. What of the source could
 * not be kept is no error yet: lost.
 */
int keep_attributes(struct task *task);

#endif
