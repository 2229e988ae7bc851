/* SPDX-License-Identifier: MIT */
/*
 * Words between the process inside new namespaces and the one outside, over a channel (process/channel.h),
 * and what the one inside does between them.
 */
#ifndef BUTTER_GATE_H
#define BUTTER_GATE_H

#include "namespaces/enclosing.h"

/* A word is one byte; with GATE_STOPPED comes the number of the signal. */
enum gate_word {
	GATE_CLOSED = 0,    /* the other one has ended, or the command runs, which has no channel */
	GATE_MAP = 'm',     /* inside: write the maps; outside: they are */
	GATE_KEEP = 'k',    /* inside: mount the namespaces on their files; outside: they are */
	GATE_RUNS = 'x',    /* inside: the command of the init does */
	GATE_FAILED = 'f',  /* inside: there will be no command */
	GATE_STOPPED = 's', /* inside: the terminal has stopped it */
};

/* Says it. -1 with errno of write(2); SIGPIPE is ignored by who says it. */
int gate_say(int end, enum gate_word word, int signal);

/* The next word, and *SIGNAL (or NULL). WAITS; or GATE_CLOSED also for want of one, with errno EAGAIN. */
enum gate_word gate_hear(int end, bool waits, int *signal);

/*
 * In the process inside, of which the kinds DONE are made: all up to the command. GATE is its end; -1: nobody
 * is outside. 0, or the status after a message.
 */
int gate_pass(const struct enclosing *enclosing, uint64_t done, int gate);

/* Outside: does what WORD asks for, for the process PID, and says so. 0, or the status after a message. */
int gate_serve(struct enclosing *enclosing, enum gate_word word, int gate, pid_t pid);

#endif
