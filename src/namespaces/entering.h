/* SPDX-License-Identifier: MIT */
/* Becoming a part of namespaces of a process, and of files, in the order that works, with messages. */
#ifndef BUTTER_ENTERING_H
#define BUTTER_ENTERING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "kernel/namespace.h"

struct entering {
	/* For the caller to fill. */
	int pidfd;      /* the process; -1: the kernel has no pidfds, or there is none */
	pid_t pid;      /* its number; 0: nobody knows */
	uint64_t flags; /* those of its namespaces that are meant */
	const char *files[NAMESPACE_KINDS]; /* paths of others; NULL: none of that kind */

	/* Its own. */
	int home;                 /* of the process, in /proc: entering_look_up; -1: not open */
	int fds[NAMESPACE_KINDS]; /* the files, open; -1 */
	bool is_guess;            /* some of flags may be the same as ours */
	uint64_t left;            /* what is to be done yet */
};

/* Opens the folder of the process in /proc, as home, if it is not open yet. -1 with errno. */
int entering_look_up(struct entering *entering);

/* Opens the files. 0, or the status after a message. */
int entering_open(struct entering *entering);

/*
 * All of the namespaces of the process, but for those that are the same as ours, are in FLAGS from now on. 0,
 * or the status after a message. Without /proc that is tried out by entering.
 */
int entering_choose_all(struct entering *entering);

/*
 * Becomes a part of all of them: by one call where the kernel can do that. Children are in the pid namespace.
 * 0, or the status after a message.
 */
int entering_enter(struct entering *entering);

/* Whether one of kind FLAG is among them. */
bool entering_has(const struct entering *entering, uint64_t flag);

void entering_close(struct entering *entering);

#endif
