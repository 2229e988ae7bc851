/* SPDX-License-Identifier: MIT */
/*
 * Who keeps the tokens of an eventfd: hands them out in the order in which they were asked for, and takes one
 * back when everybody who has it has ended, in whatever way: the process that has asked, of which the other
 * end of its channel tells, and the command that it runs, of which a pidfd does.
 *
 * He takes a token out of the counter only when somebody waits for it, so that those who take from the
 * eventfd themselves have their share; what they take he knows nothing of.
 */
#ifndef BUTTER_KEEPER_H
#define BUTTER_KEEPER_H

#include <poll.h>

#include "process/supervise.h"

struct keeper {
	int eventfd;
	int shared; /* for those who ask: token.h */
	int asked;  /* the other end of that; -1: not open */
	struct holder {
		int channel;  /* -1: who has asked has ended */
		int pidfd;    /* of the command; -1: none */
		bool has_one; /* token; else it waits, */
		bool knows;   /* and was told so */
	} * holders;
	size_t count, room;
	struct pollfd *fds; /* for them, and the others */
};

/* Keeps the tokens of EVENTFD. -1 with errno of channel_open. */
int keeper_open(struct keeper *keeper, int eventfd);

/*
 * Does so until the command of SUPERVISE, which runs, has ended. 1, or -1 with errno of supervise_step,
 * poll(2) or eventfd_take_one.
 */
int keeper_run(struct keeper *keeper, struct supervise *supervise);

void keeper_close(struct keeper *keeper);

#endif
