/* SPDX-License-Identifier: MIT */
/* Commands that run under this process, with messages about what they were started without. */
#ifndef BUTTER_STARTING_H
#define BUTTER_STARTING_H

#include "process/supervise.h"

/* As supervise_start. 0, or the status after a message: EXEC_FAILED where it has not come to execvp(3). */
int starting_run(struct supervise *supervise);

#endif
