/* SPDX-License-Identifier: MIT */
/* Telling who holds a mount that is busy, and making them let go. */
#ifndef BUTTER_HOLDING_H
#define BUTTER_HOLDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Says in a line each who holds the mount ID at TARGET: what is mounted in it, processes and how,
 * loop devices, swap; of each kind no more than some, and then how many more. If something is
 * mounted in it, BRIEFLY leaves the rest out. Returns how many there are.
 */
size_t holding_tell(const char *target, int id, bool briefly);

/*
 * Sends SIGNAL to the processes that hold the mount ID at TARGET, then calls AGAIN with CONTEXT,
 * until that returns true (true), nobody is left to be signalled, or PATIENCE in nanoseconds is
 * over (false).
 */
bool holding_end(const char *target, int id, int signal, int64_t patience,
		 bool (*again)(void *context), void *context);

#endif
