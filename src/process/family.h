/* SPDX-License-Identifier: MIT */
/*
 * Processes that are signalled together: some, the members of a group, or a whole tree, which is held still
 * until nothing can be missing. Each is held by a pidfd, so that no other one is ever meant.
 */
#ifndef BUTTER_FAMILY_H
#define BUTTER_FAMILY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct family {
	struct family_member {
		pid_t pid;
		int pidfd;
		bool stopped; /* by us: it will have to go on */
		bool denied;  /* it may not be signalled, nor be stopped */
		bool spared;  /* it is not meant, nor what is below it */
	} * all;
	size_t count, room;
};

/* PID, whose PIDFD it takes over, belongs to it. */
void family_add(struct family *family, pid_t pid, int pidfd);

/* Adds the members of the process group GROUP. -1 with errno of kin_group (kin.h), pidfd_of. */
int family_add_group(struct family *family, pid_t group);

/*
 * Adds the descendants of all that are there now; not those of one that is spared. This process is not
 * found, and where it was added only its descendants are. One whose parent in between has ended before is
 * none any more, unless it was left to one of the family (PR_SET_CHILD_SUBREAPER of prctl(2)). -1 with errno
 * of kin_children and pidfd_of; for want of descriptors only where we may not have more of them: the soft
 * RLIMIT_NOFILE is raised.
 */
int family_find(struct family *family);

/*
 * The same again and again, and stops them all with SIGSTOP, until none is left that could start another
 * one. 1; 0: one did not stop within PATIENCE nanoseconds, and may start others; -1 as family_find.
 * family_thaw in any case. Who may not be stopped is not waited for.
 */
int family_freeze(struct family *family, int64_t patience);

/* The children that this process has now are spared; -1 with errno of kin_children, pidfd_of. */
int family_spare(struct family *family);

/* Those that were stopped go on: children first. */
void family_thaw(struct family *family);

/* Forgets all but those that are spared. */
void family_forget(struct family *family);

void family_close(struct family *family);

#endif
