/* SPDX-License-Identifier: MIT */
/* A copy of this process that does a part of its work. */
#ifndef BUTTER_CHILD_H
#define BUTTER_CHILD_H

#include <sys/types.h>

/* Starts one. 0 in it; here its number, or -1 with errno of fork(2). It is killed when this process ends. */
pid_t child_start(void);

/* Ends the copy, and nothing else that would be done at an end: that is for the one process to do. */
_Noreturn void child_end(int status);

/* Waits until the copy PID has ended. Its status, or 128 + the signal that ended it; 1: nobody knows. */
int child_wait(pid_t pid);

#endif
