/* SPDX-License-Identifier: MIT */
/*
 * Tells in JSON lines what becomes of the command that this process is about to become: `started`, `exited`.
 * It is done from a process aside (process/aside.h), as the command's own parent need not know of it.
 */
#ifndef BUTTER_POLICY_WITNESS_H
#define BUTTER_POLICY_WITNESS_H

/*
 * Begins, at descriptor FD, which the command does not get. A descriptor, close-on-exec, or -1 with errno of
 * pidfd_open(2), pipe2(2) or fork(2).
 */
int witness_start(int fd);

/* It has not become the command: nothing is told. WITNESS is what witness_start gave. */
void witness_cancel(int witness);

#endif
