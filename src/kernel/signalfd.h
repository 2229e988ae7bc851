/* SPDX-License-Identifier: MIT */
/* signalfd(2): signals that are read, one by one, where a handler could do next to nothing. */
#ifndef BUTTER_SIGNALFD_H
#define BUTTER_SIGNALFD_H

#include <signal.h>

/*
 * Blocks the signals of SET for this thread and returns a descriptor, close-on-exec and
 * non-blocking, from which they can be read instead. *BEFORE is the mask as it was: commands
 * inherit the mask, so whoever runs one restores it first. -1 with errno EMFILE, ENFILE, ENOMEM,
 * ENOSYS, and the mask unchanged; signalfd(2).
 */
int signalfd_open(const sigset_t *set, sigset_t *before);

/* The next signal that has come, and forgets it; 0 when none has; -1 with errno of read(2). */
int signalfd_next(int fd);

#endif
