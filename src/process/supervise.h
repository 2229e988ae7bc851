/* SPDX-License-Identifier: MIT */
/*
 * A command that runs under this process, which stands for it: who sends a signal to this process, stops
 * it or waits for its status does that to the command. It works as process 1, too.
 *
 *	struct supervise command = { .argv = words, .apart = true };
 *
 *	if (supervise_open(&command) < 0 || (status = supervise_start(&command)) != 0) ...
 *	while (supervise_step(&command) == 0)
 *		... poll command.fd for POLLIN until supervise_deadline ...
 *	supervise_close(&command);
 *	return command.status;
 *
 * Signals are blocked and read from one signalfd(2), so that none comes between two lines of the program.
 * Not so those by which a process learns of its own mistakes (signal_is_own_fault), KILL and STOP; what
 * was ignored when this process started stays ignored, here and in the command; PIPE and XFSZ are errors
 * of write(2) here, and as they were in the command.
 *
 * What was sent goes on to the command, with the value of sigqueue(3) where there is one and the kernel
 * lets that go along: not to a group before Linux 6.9. What the terminal sent (SI_KERNEL) has come to it
 * already where it is in our group. When the command is stopped from the terminal, or as if (TSTP, TTIN,
 * TTOU; STOP where it was given the terminal), this process takes the terminal back and stops in the same
 * way, so that a shell sees it; CONT gives the terminal and goes on to the command. Where nobody could
 * continue us (process 1, an orphaned group) TSTP has no effect, as the kernel has it.
 *
 * SIGKILL of this process: the command lives on, unless death_signal says otherwise. SIGSTOP of it: the
 * command runs on, and signals wait until SIGCONT.
 */
#ifndef BUTTER_SUPERVISE_H
#define BUTTER_SUPERVISE_H

#include <stdint.h>

#include "kernel/signalfd.h"
#include "process/spawn.h"

struct supervise {
	/* For the caller to fill; what spawn.h has under the same name is that. */
	char *const *argv;
	char *const *extra;
	const struct spawn_fd *handed;
	size_t handed_count;
	int death_signal;
	int channel;
	char word;

	bool apart;     /* in a group of its own, to which all signals go then */
	bool is_job;    /* with apart: the group has the terminal while we would have it */
	bool elsewhere; /* in a session of its own, though not apart: the terminal sends it nothing */
	bool reaper; /* orphans below become our children, and are reaped; always so in process 1 */
	/* Nanoseconds after one has come, or was sent on, that asks to end (INT, QUIT, TERM); 0: never. */
	int64_t kill_after;

	const sigset_t *wanted; /* received also where they were ignored at the start; NULL: none */
	/*
	 * Blocked here, as found in the command, and left for a signalfd of the caller's; without CHLD.
	 * NULL: none.
	 */
	const sigset_t *left_out;
	/*
	 * What to do about a signal that has come, but for CHLD and CONT unless they are wanted: the
	 * signal to send on, or 0; -1: it is as if it had not come. IS_SHARED: the terminal has sent it to
	 * the command as well; what is returned is sent only if it is another one then. NULL: all go on as
	 * they are.
	 */
	int (*take)(const struct signalfd_record *record, bool is_shared, void *context);
	/*
	 * Told that the command has been stopped from the terminal, by SIGNAL, in place of stopping; NULL:
	 * this process stops.
	 */
	void (*stopped)(int signal, void *context);
	/* Whether PID is a child that the caller waits for himself; NULL: none is. */
	bool (*is_kept)(pid_t pid, void *context);
	void *context;

	/* To be read. */
	int refused; /* why no orphans come to the reaper: errno of kin_adopt (kin.h); 0: they do */
	int fd;      /* to be polled for POLLIN; -1: not open */
	pid_t pid;   /* 0: not started; the last step towards that: */
	enum spawn_step step;
	bool ended;  /* and then: */
	int status;  /* the exit status, or 128 + */
	int signal;  /* the signal that ended it; 0: none */
	bool killed; /* the time of kill_after ran out */

	/* Its own. */
	sigset_t mask;     /* as it was found */
	int terminal;      /* the controlling terminal; -1: none, or it is no job */
	bool is_stopped;   /* the command is */
	bool has_followed; /* this process was, too, for that, and has not read CONT since */
	bool leftover;     /* a child may have ended about which no signal will come any more */
	int64_t kill_at;   /* CLOCK_MONOTONIC; NUM_FOREVER: not yet */
};

/*
 * Receives signals from now on. -1 with errno of signalfd(2): EMFILE, ENFILE, ENOMEM, ENOSYS
 * (signalfd_hints), and nothing is changed.
 */
int supervise_open(struct supervise *supervise);

/* From now on those of left_out go on to the command, too: nobody else reads them any more. */
void supervise_take_over(struct supervise *supervise);

/* Starts the command. As spawn_start; supervise_close is due in any case. */
int supervise_start(struct supervise *supervise);

/* The child PID, made otherwise, is the command. */
void supervise_adopt(struct supervise *supervise, pid_t pid);

/*
 * Stops this process by SIGNAL of the terminal, as if the command had been stopped by that, and lets the
 * command go on where that has no effect.
 */
void supervise_follow(struct supervise *supervise, int signal);

/*
 * Does what is to be done about signals, children and time; never waits. 1 the command has ended; 0 it runs;
 * -1 with errno of read(2). It is due when fd is readable, at supervise_deadline, and after the caller has
 * reaped a child that it keeps.
 */
int supervise_step(struct supervise *supervise);

/* When supervise_step is due though nothing has come: CLOCK_MONOTONIC, nanoseconds; NUM_FOREVER: never. */
int64_t supervise_deadline(const struct supervise *supervise);

/*
 * Sends SIGNAL to the command, or to its group where it is apart. 0, or -1 with errno ESRCH (it has ended),
 * EPERM.
 */
int supervise_signal(const struct supervise *supervise, int signal);

/*
 * Steps until the command has ended or DEADLINE (CLOCK_MONOTONIC; NUM_FOREVER) is there. As supervise_step,
 * 0 meaning that the time ran out.
 */
int supervise_run(struct supervise *supervise, int64_t deadline);

/* Signals are as they were found, and the terminal ours again; what has come meanwhile comes now. */
void supervise_close(struct supervise *supervise);

#endif
