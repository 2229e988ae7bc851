/* SPDX-License-Identifier: MIT */
/* A child that becomes a command: the one place that knows what has to be done between the two. */
#ifndef BUTTER_SPAWN_H
#define BUTTER_SPAWN_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "process/exec.h"

/* A descriptor that the command gets under a number of its own, whatever that is there. */
struct spawn_fd {
	int fd, to;
};

/* What is done to run a command, in this order. */
enum spawn_step {
	SPAWN_PROCESS,      /* a child, and descriptors to hand down */
	SPAWN_GROUP,        /* of its own */
	SPAWN_TERMINAL,     /* for that */
	SPAWN_DEATH_SIGNAL, /* PR_SET_PDEATHSIG */
	SPAWN_DESCRIPTORS,  /* have their numbers */
	SPAWN_EXEC,
};

/* What a zeroed one does not say is as this process has it. */
struct spawn {
	char *const *argv; /* found through PATH as execvp(3) does */
	char *const *
		extra; /* NAME=VALUE in place of what has the same name, NULL at the end; or NULL */
	const struct spawn_fd
		*handed; /* so many descriptors besides those that are not close-on-exec */
	size_t handed_count;
	bool apart;        /* it leads a process group of its own */
	bool has_terminal; /* which gets the terminal, if our group has it: */
	int terminal;      /* that one's descriptor */
	int death_signal;  /* comes when this process ends; 0: none. PR_SET_PDEATHSIG of prctl(2) */
	const sigset_t *mask; /* of signals; NULL: as signals_inherit */
	int channel;          /* to which the child, before it is the command, says: */
	char word;            /* 0: nothing */
};

/*
 * Starts it; signals are as this process has found them (signals.h). Returns 0 and *PID when it runs;
 * EXEC_CANNOT_RUN or EXEC_NOT_FOUND with errno of execvp(3) when it cannot be executed; -1 with errno
 * when it has not come to that: there was no process for it: EAGAIN, ENOMEM, or not all descriptors to hand
 * down: EBADF, EMFILE; or a later step has failed. *STEP is the one that did. It costs the same whatever
 * memory this process has.
 */
int spawn_start(const struct spawn *spawn, pid_t *pid, enum spawn_step *step);

#endif
