/* SPDX-License-Identifier: MIT */
/* What an open target gets: content, which may be there in part already, or is compared, and all else. */
#ifndef BUTTER_FILL_H
#define BUTTER_FILL_H

#include "copy/task.h"

/* The content alone, to what is open. */
int fill_content(struct task *task);

/* All; then it may get its name. */
int fill_target(struct task *task);

#endif
