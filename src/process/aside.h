/* SPDX-License-Identifier: MIT */
/*
 * A process that works for what this one is about to become: no child of it, nor of whoever has started it,
 * and in no group or session of theirs, so that nobody sees it who does not look for it.
 */
#ifndef BUTTER_ASIDE_H
#define BUTTER_ASIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * SIZE bytes, zeroed, that this process and all that it starts from now on have together; NULL with errno
 * ENOMEM. They need no system call.
 */
void *aside_share(size_t size);

/*
 * Starts one. 0 in it; here its number, or -1 with errno EAGAIN, ENOMEM of fork(2). It has standard error and
 * the COUNT descriptors of KEPT, in rising order, alone, ignores what asks to end, and is traced by nobody
 * who is not root: prctl(2), PR_SET_DUMPABLE.
 */
pid_t aside_start(const int *kept, size_t count);

#endif
