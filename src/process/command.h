/* SPDX-License-Identifier: MIT */
/*
 * Commands that run beside this process: started, waited for by a descriptor, signalled, reaped.
 *
 * A command gets descriptors 0 to 2 and no other, and finds signals as this process has found
 * them (signals.h, whose signals_watch or signals_let_wait must have been called).
 */
#ifndef BUTTER_COMMAND_H
#define BUTTER_COMMAND_H

#include <sys/types.h>

#include "process/exec.h"

struct command {
	pid_t pid; /* 0: none runs */
	int pidfd; /* readable when it has ended; -1: the descriptor of signals_watch is, then */
};

/*
 * Starts ARGV, found through PATH as execvp(3) does. Its standard input is INPUT (-1: this
 * process's own), its environment this process's with the NAME=VALUE of EXTRA (NULL at the end)
 * in place of what has the same name. Returns 0 when it runs; EXEC_CANNOT_RUN or EXEC_NOT_FOUND
 * with errno of execvp(3) when it cannot be executed; -1 with errno when there was no process
 * for it: EAGAIN, ENOMEM. It costs the same whatever memory this process has.
 */
int command_start(struct command *command, char *const *argv, int input, char *const *extra);

/*
 * The same, as the leader of a process group of its own, which is killed when the calling process
 * ends: command_kill reaches its children as well, as far as they stay in the group.
 */
int command_start_apart(struct command *command, char *const *argv, int input, char *const *extra);

/* Kills the group of a command that was started apart, and has not been reaped. */
void command_kill(const struct command *command);

/*
 * Whether the command has ended, without waiting: 1 and *STATUS, the exit status or 128 + the
 * signal that ended it; 0 it runs. -1 with errno of waitpid(2) when somebody else has waited for
 * it.
 */
int command_reap(struct command *command, int *status);

/* The same, waiting for it. -1 with EINTR: a signal has been handled, and it still runs. */
int command_wait(struct command *command, int *status);

/*
 * Reaps, without waiting, all children that have ended but COMMAND: those that were left to process 1. When
 * COMMAND has ended it hides those behind it.
 */
void command_reap_others(const struct command *command);

/* Sends SIGNAL to the command, not to its children. 0, or -1 with errno ESRCH, EPERM. */
int command_signal(const struct command *command, int signal);

#endif
