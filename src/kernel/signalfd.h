/* SPDX-License-Identifier: MIT */
/* signalfd(2): signals that are read, one by one, where a handler could do next to nothing. */
#ifndef BUTTER_SIGNALFD_H
#define BUTTER_SIGNALFD_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cli/say.h"

enum { SIGNALFD_SIZE = 128 /* bytes of one signal in what is read */ };

/* One signal that has come. */
struct signalfd_record {
	int signal;
	int code;  /* si_code of sigaction(2) */
	pid_t pid; /* who sent it; 0: the kernel, or somebody outside of the pid namespace */
	bool has_uid;
	uid_t uid; /* real, of the sender */
	bool has_value;
	int32_t value;      /* what was sent with it, as a number; sigqueue(3) */
	union sigval whole; /* and all of it: it may be an address */
	/* The sender cannot have made that up: the kernel has filled it in. */
	bool trusted;
};

/* Advice for errors of signalfd(2). */
extern const struct hint signalfd_hints[];

/*
 * Blocks the signals of SET for this thread and returns a descriptor, close-on-exec and
 * non-blocking, from which they can be read instead. *BEFORE is the mask as it was: commands
 * inherit the mask, so whoever runs one restores it first. -1 with errno EMFILE, ENFILE, ENOMEM,
 * ENOSYS, and the mask unchanged; signalfd(2).
 */
int signalfd_open(const sigset_t *set, sigset_t *before);

/* From now on it is the signals of SET, which are blocked, that are read from FD. */
void signalfd_change(int fd, const sigset_t *set);

/* The next signal that has come, and forgets it; 0 when none has; -1 with errno of read(2). */
int signalfd_next(int fd);

/* The same, with all that is known of it: 1 and *RECORD, 0, -1. */
int signalfd_read(int fd, struct signalfd_record *record);

/* What the SIGNALFD_SIZE BYTES, as they were read, say. */
void signalfd_parse(const char *bytes, struct signalfd_record *record);

/*
 * How a signal was sent, in a word: user (kill), queue (sigqueue), tkill (to a thread), kernel, timer, mesgq,
 * asyncio, sigio; of CHLD exited, killed, dumped, trapped, stopped, continued; else its number, in a text
 * that lives until the next call.
 */
const char *signalfd_code(const struct signalfd_record *record);

#endif
