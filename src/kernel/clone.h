/* SPDX-License-Identifier: MIT */
/* clone(2), clone3(2): a copy of this process, in namespaces of its own from its first moment on. */
#ifndef BUTTER_CLONE_H
#define BUTTER_CLONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "cli/say.h"

/* Advice for errors that come from something else than the namespaces: those are namespace_why's. */
extern const struct hint clone_hints[];

/* The same where the process was to have numbers of the caller's choice. */
extern const struct hint clone_number_hints[];

/* So many numbers can be chosen; pid_namespaces(7). */
enum { CLONE_PIDS_MAX = 32 };

struct clone_order {
	uint64_t flags;    /* the kinds: CLONE_NEW...; time is taken out where there is no clone3 */
	bool is_in_cgroup; /* the copy begins in the cgroup */
	int cgroup;        /* that is open here, a folder of cgroup v2 */
	bool clears_signals; /* what has a handler here has its default action there, if there is clone3 */
	bool has_exit_signal; /* else it is SIGCHLD */
	int exit_signal;      /* what its parent gets when it ends; 0: nothing */
	const pid_t *pids;    /* its numbers, that in its own namespace first */
	size_t pid_count;
	int *pidfd; /* where a descriptor of the copy, close-on-exec, is put; NULL */

	/* Set before there is a copy: it has to join the cgroup itself, as there is no clone3 here. */
	bool left_cgroup;
};

/*
 * fork(2) as ORDER says: 0 in the copy, where nothing of atfork has run; here its number, or -1 with errno as
 * unshare(2), EAGAIN; ENOSYS (only clone3 could do it, and there is none); of the cgroup EACCES, EBUSY,
 * EOPNOTSUPP; of the numbers EEXIST, EINVAL, EPERM. A cgroup of version 1 is left to the copy, too.
 */
pid_t clone_start(struct clone_order *order);

/* fork(2), and nothing of atfork has run in the copy. */
pid_t clone_fork(void);

#endif
