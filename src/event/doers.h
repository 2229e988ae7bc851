/* SPDX-License-Identifier: MIT */
/*
 * Who did it: what /proc says of the process of an event when that is read. Each is asked for once for
 * all events that were read together.
 */
#ifndef BUTTER_DOERS_H
#define BUTTER_DOERS_H

#include "event/event.h"
#include "kernel/fanotify.h"
#include "kernel/pid.h"

enum { DOERS_SLOTS = 64 };

/* In the place of a pidfd: it was one of another process than the one that was asked for. */
enum { DOERS_OTHER = -3 };

struct doers {
	struct doers_slot {
		struct doer doer;
		uint64_t reading;
		char comm[PID_COMM_MAX];
	} slots[DOERS_SLOTS];
};

/*
 * Who PID is, as of the READING (a number of its own, not 0) that told of him. It lives until the
 * next call.
 */
const struct doer *doers_find(struct doers *doers, int32_t pid, uint64_t reading);

/*
 * Closes the pidfds in the SIZE bytes of RECORDS, of which there may be more than may be open. In their place
 * there is FAN_EPIDFD then, or DOERS_OTHER where it was not that of the process whose pidfds have INODE (0:
 * any). FAN_NOPIDFD stays: the process had ended by then.
 */
void doers_close_pidfds(char *records, size_t size, uint64_t inode);

#endif
