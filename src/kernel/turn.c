/* SPDX-License-Identifier: MIT */
#include "kernel/turn.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <sys/file.h>

enum { PAUSE = 5 }; /* milliseconds */

bool
turn_take(int fd, int milliseconds)
{
	for (int waited = 0; fd >= 0; waited += PAUSE) {
		if (flock(fd, LOCK_EX | LOCK_NB) == 0)
			return true;
		if (errno != EWOULDBLOCK || waited >= milliseconds)
			break;
		poll(NULL, 0, PAUSE);
	}
	return false;
}
