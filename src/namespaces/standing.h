/* SPDX-License-Identifier: MIT */
/*
 * The process that stays outside of new namespaces and stands for the command in them: supervise.h, and what
 * the kernel keeps from a process 1 is done to that all the same. With messages.
 */
#ifndef BUTTER_STANDING_H
#define BUTTER_STANDING_H

#include <stdbool.h>

#include "process/supervise.h"

struct standing {
	/* For the caller to fill; the rest of supervise, and its own, is 0. */
	struct supervise supervise; /* take and context are standing's own */
	bool is_shielded;           /* the command is process 1 of its pid namespace */
	int gate;                   /* polled for POLLIN as long as it is not -1: */
	/* What is done then. 0, or the status after a message: the command is killed, and that is the end. */
	int (*hear)(struct standing *standing, void *context);
	void *context;
	bool is_done; /* hear's: the command needs nobody to stand for it, and is let go */
	int pidfd;    /* of the command: its end may be told by that alone; -1: by SIGCHLD */

	/* Its own. */
	int sent;         /* the signal that was sent on last, and asks to end; 0 */
	int64_t patience; /* when it is looked at again, nanoseconds */
	int meant;        /* what KILL was sent for; 0 */
	int stops;        /* what STOP was sent for; 0 */
};

/* Receives signals from now on. 0, or the status after a message. */
int standing_open(struct standing *standing);

/* Until the command, which supervise_adopt was told, has ended. 0, or the status after a message. */
int standing_run(struct standing *standing);

/*
 * Ends as the command has: by its signal, or with its status. STATUS, of before, comes first if it is not 0.
 */
int standing_end(struct standing *standing, int status);

#endif
