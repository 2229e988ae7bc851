/* SPDX-License-Identifier: MIT */
/*
 * Which processes hold a mount, so that it cannot be taken away. By its id, and not by the device:
 * who uses the same file system at another place holds another mount.
 */
#ifndef BUTTER_HOLDERS_H
#define BUTTER_HOLDERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "kernel/pid.h"

enum holder_kind { HOLDER_CWD, HOLDER_ROOT, HOLDER_EXE, HOLDER_FD, HOLDER_SOCKET, HOLDER_MAP };

struct holder_use {
	enum holder_kind kind;
	int fd;     /* HOLDER_FD, HOLDER_SOCKET: its number */
	char *path; /* of what is held, as /proc tells it; of a socket, what it was bound to */
};

enum { HOLDER_USES = 4 };

struct holder {
	pid_t pid;
	char comm[PID_COMM_MAX + 1]; /* the command's name, as it is */
	struct holder_use uses[HOLDER_USES];
	size_t count; /* of uses, those that are not kept, too */
};

struct holders {
	struct holder *processes; /* by their numbers */
	size_t count;
	size_t hidden; /* processes that this one may not look into */
};

/* What is looked for. */
struct holders_place {
	const int *ids; /* of the mounts */
	size_t count;
	unsigned int major, minor; /* of their file system, as in mountinfo.h */
	bool any_device;           /* files in it may show others (overlay) */
	const char *target;
};

/*
 * Finds all that hold PLACE, as far as /proc shows them, threads with a folder or descriptors of
 * their own, too. -1 with errno ENOENT (no /proc), EMFILE, ENFILE, ENOMEM.
 */
int holders_find(const struct holders_place *place, struct holders *holders);

/*
 * Whether PID still holds PLACE, beyond doubt: 1, 0; what is known by its path alone does not count: a
 * socket that is bound there, where the kernel does not tell its mount, or a file in its memory, as in
 * user namespaces. -1 with errno: EXDEV (/proc is that of another pid namespace, and the numbers in it
 * are not those of kill(2)).
 */
int holders_check(const struct holders_place *place, pid_t pid);

void holders_done(struct holders *holders);

#endif
