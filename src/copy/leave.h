/* SPDX-License-Identifier: MIT */
/* What is at a place already, and is not copied to: by its being there, its time, or its content. */
#ifndef BUTTER_LEAVE_H
#define BUTTER_LEAVE_H

#include "copy/task.h"

/*
 * Whether what is at PLACE stays as it is: 1, 0; -1 as in task.h. What has the same content gets what else is
 * kept of the source.
 */
int leave_there(struct task *task, const struct place *place);

#endif
