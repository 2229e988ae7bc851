/* SPDX-License-Identifier: MIT */
/* Whether something could be mounted, as far as it can be seen without trying. */
#ifndef BUTTER_REHEARSE_H
#define BUTTER_REHEARSE_H

#include "mounts/attach.h"

/*
 * As attach, but nothing is done: whether there is a target, or a mount that is to be changed, and what is
 * to be bound or moved. Of the process in whose namespace the target is, nothing is looked at.
 */
int rehearse(const struct attach *wish, struct trouble *trouble);

#endif
