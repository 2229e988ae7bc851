/* SPDX-License-Identifier: MIT */
/* Content from or to what has no places: pipes, terminals, what is read from where it stands. */
#ifndef BUTTER_PASS_H
#define BUTTER_PASS_H

#include "copy/task.h"

/* By stream.h. */
int pass_stream(struct task *task);

/* Into a file, which can have holes, and be out of the page cache, all the same. */
int pass_into_file(struct task *task);

#endif
