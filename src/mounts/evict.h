/* SPDX-License-Identifier: MIT */
/* Those who hold a mount, asked, or made, to let go. */
#ifndef BUTTER_EVICT_H
#define BUTTER_EVICT_H

#include <stdbool.h>
#include <stdint.h>

#include "mounts/holders.h"

/* A zeroed struct has none. */
struct evict {
	struct evicted {
		pid_t pid;
		int pidfd; /* -1: the kernel has none, or there are enough */
		bool ended;
	} * processes; /* that have been signalled */
	size_t count;
};

/*
 * Sends SIGNAL to all that hold PLACE, once to each, but never to process 1 or to this one; each is
 * looked at again once its number cannot become another's any more. *SENT: how many. -1 with errno
 * of holders_find.
 */
int evict_signal(struct evict *evict, const struct holders_place *place, int signal, size_t *sent);

/*
 * Waits until all have ended, or a tenth of a second has passed, and not beyond DEADLINE,
 * nanoseconds of CLOCK_MONOTONIC. Whether there is time left.
 */
bool evict_wait(struct evict *evict, int64_t deadline);

/* Whether all that were signalled have ended. */
bool evict_is_over(const struct evict *evict);

void evict_done(struct evict *evict);

/* Nanoseconds of CLOCK_MONOTONIC from now on, as a deadline. */
int64_t evict_deadline(int64_t nanoseconds);

#endif
