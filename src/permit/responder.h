/* SPDX-License-Identifier: MIT */
/* The process that answers requests: nothing keeps it from that. */
#ifndef BUTTER_RESPONDER_H
#define BUTTER_RESPONDER_H

#include <stdatomic.h>

#include "permit/permit.h"

/* Its descriptors: channels to the main process and to the asker (-1: none), and what hangs up when the guard
 * has ended. */
struct responder_ends {
	int out, asker, guard;
};

/* It shows that it lives by adding to *BEATS, at least so often in the time of PERMIT->ask_timeout. */
enum { RESPONDER_BEATS = 4 };

/* Runs until the main process or the guard has ended; returns the status to exit with. */
int responder_run(const struct permit *permit, struct responder_ends ends, atomic_ulong *beats);

#endif
