/* SPDX-License-Identifier: MIT */
/*
 * pidfd_open(2), pidfd_send_signal(2), pidfd_getfd(2): a descriptor that means one process, never its
 * number's next user.
 */
#ifndef BUTTER_PIDFD_H
#define BUTTER_PIDFD_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cli/say.h"

/*
 * Advice for errors of pidfd_signal and pidfd_send, and of pidfd_take; for those of pidfd_of:
 * pid_hints_for.
 */
extern const struct hint pidfd_signal_hints[];
extern const struct hint pidfd_take_hints[];

/*
 * A pidfd of PID, close-on-exec; -1 with errno ESRCH (also for a thread), EMFILE, ENFILE,
 * ENOMEM, ENOSYS.
 */
int pidfd_of(pid_t pid);

/* The same of one THREAD, of whatever process: since Linux 6.9, before that -1 with EINVAL. */
int pidfd_of_thread(pid_t thread);

/*
 * The inode of PID's pidfd, which no other process has until the machine restarts. -1 with
 * errno of pidfd_of, or EOPNOTSUPP where the kernel has no pidfs (before Linux 6.9)
 * and all pidfds share one inode.
 */
int pidfd_identity(pid_t pid, uint64_t *inode);

/*
 * The number of the process that PIDFD means, in this pid namespace, from /proc/self/fdinfo; 0: it
 * has none here, or has been waited for. -1 with errno EBADF (it is no pidfd), ENOENT (no /proc).
 */
pid_t pidfd_pid(int pidfd);

/* The inode of PIDFD, as pidfd_identity; 0: the kernel has no pidfs. */
uint64_t pidfd_inode(int pidfd);

enum pidfd_stage {
	PIDFD_RUNS,
	PIDFD_ZOMBIE, /* it has ended, and nobody has waited for it */
	PIDFD_REAPED, /* somebody has */
};

/*
 * How far it has come with the process PID that PIDFD means, and which may be anybody's, without waiting.
 * Of one that has ended *KNOWN says whether *STATUS, as wait(2) has it, could be had: of a child of this
 * process and of a zombie of the same user it can at once; of others when they have been reaped, since
 * Linux 6.15 (PIDFD_GET_INFO), and never before that. This process's own child can still be waited for.
 */
enum pidfd_stage pidfd_look(int pidfd, pid_t pid, bool *known, int *status);

/*
 * Waits until the process PID, which PIDFD means and which may be anybody's, has ended. 1; *STATUS is as
 * wait(2) has it. 0: that is not known, for whoever may wait for it was faster, and the kernel is older than
 * Linux 6.15; or it may not be known. PIDFD_GET_INFO.
 */
int pidfd_await(int pidfd, pid_t pid, int *status);

/* Whether the process that PIDFD means has ended. */
bool pidfd_has_ended(int pidfd);

/*
 * Whether nobody has waited for it: its number is no other's then. So it is said, too, where that cannot be
 * asked (before Linux 5.1, or a seccomp profile).
 */
bool pidfd_is_there(int pidfd);

/*
 * Sends SIGNAL to the process that PIDFD means; pidfd_send_signal(2). -1 with errno ESRCH (it has
 * ended and was waited for), EPERM, EINVAL (no such signal), ENOSYS (before Linux 5.1).
 */
int pidfd_signal(int pidfd, int signal);

/*
 * The same with more to choose: *VALUE goes with it (NULL: none), as sigqueue(3) does; the whole GROUP
 * that the process leads, or has led, gets it, since Linux 6.9. -1 with errno as pidfd_signal, EAGAIN
 * (VALUE: too many signals are queued), EINVAL also for GROUP before Linux 6.9, ESRCH also for one that
 * leads none.
 */
int pidfd_send(int pidfd, int signal, const union sigval *value, bool group);

/*
 * Sends SIGNAL with VALUE to PID, which is a child that nobody has waited for, or to the GROUP that it leads.
 * -1 with errno of sigqueue(3); for GROUP of pidfd_of and pidfd_send.
 */
int pidfd_queue(pid_t pid, int signal, union sigval value, bool group);

/*
 * The descriptor FD of the process that PIDFD means as one of this process, close-on-exec:
 * pidfd_getfd(2). -1 with errno EBADF (it has no such), ESRCH (it has ended), EPERM (it may not be
 * traced), EMFILE, ENOSYS (before Linux 5.6).
 */
int pidfd_take(int pidfd, int fd);

#endif
