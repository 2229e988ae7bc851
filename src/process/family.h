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
	} * all;
	size_t count, room;
};

/* PID, whose PIDFD it takes over, belongs to it. */
void family_add(struct family *family, pid_t pid, int pidfd);

/* Adds the members of the process group GROUP. -1 with errno of kin_group (kin.h), pidfd_of. */
int family_add_group(struct family *family, pid_t group);

/*
 * Stops all with SIGSTOP and adds their descendants, stopped too, until there are no others. This process is
 * not found, and where it was added only its descendants are stopped. Who had an own parent in it that has ended before is none any more. 1; 0: one did
 * not stop within PATIENCE nanoseconds, and may start others; -1 with errno of kin_children, pidfd_of, and
 * pidfd_signal: EPERM. family_thaw in any case.
 */
int family_freeze(struct family *family, int64_t patience);

/* Those that were stopped go on: children first. */
void family_thaw(struct family *family);

void family_close(struct family *family);

#endif
