/* SPDX-License-Identifier: MIT */
/*
 * landlock(7): what files, TCP ports and other processes this process, and all that it starts, can reach
 * from some moment on, for ever.
 */
#ifndef BUTTER_LANDLOCK_H
#define BUTTER_LANDLOCK_H

#include <stdint.h>

#include "cli/say.h"

/* Rights to files, as linux/landlock.h numbers them; those from REFER on came with newer kernels. */
enum {
	LANDLOCK_EXECUTE = 1 << 0,
	LANDLOCK_WRITE_FILE = 1 << 1,
	LANDLOCK_READ_FILE = 1 << 2,
	LANDLOCK_READ_DIR = 1 << 3,
	LANDLOCK_REMOVE_DIR = 1 << 4,
	LANDLOCK_REMOVE_FILE = 1 << 5,
	LANDLOCK_MAKE_CHAR = 1 << 6,
	LANDLOCK_MAKE_DIR = 1 << 7,
	LANDLOCK_MAKE_REG = 1 << 8,
	LANDLOCK_MAKE_SOCK = 1 << 9,
	LANDLOCK_MAKE_FIFO = 1 << 10,
	LANDLOCK_MAKE_BLOCK = 1 << 11,
	LANDLOCK_MAKE_SYM = 1 << 12,
	LANDLOCK_REFER = 1 << 13,     /* ABI 2: rename and link from one folder to another */
	LANDLOCK_TRUNCATE = 1 << 14,  /* ABI 3 */
	LANDLOCK_IOCTL_DEV = 1 << 15, /* ABI 5: ioctl(2) of devices */
	/* What a file that is no folder can have; the kernel takes no others for it. */
	LANDLOCK_OF_FILES = LANDLOCK_EXECUTE | LANDLOCK_WRITE_FILE | LANDLOCK_READ_FILE
			    | LANDLOCK_TRUNCATE | LANDLOCK_IOCTL_DEV,
};

/* Rights to TCP ports: ABI 4. */
enum { LANDLOCK_BIND = 1 << 0, LANDLOCK_CONNECT = 1 << 1 };

/* Processes outside that cannot be reached: ABI 6. */
enum { LANDLOCK_ABSTRACT = 1 << 0, LANDLOCK_SIGNALS = 1 << 1 };

/* What is denied but for what the rules of the ruleset give back. */
struct landlock_denied {
	uint64_t files, ports, scopes;
};

/* Advice for the errors of all these. */
extern const struct hint landlock_hints[];

/*
 * The kernel's version of Landlock, from 1 on. -1 with errno ENOSYS (built without it), EOPNOTSUPP (not
 * switched on at boot), EPERM (a seccomp filter); landlock_create_ruleset(2).
 */
int landlock_abi(void);

/*
 * A new ruleset, close-on-exec. -1 with errno of landlock_abi; EINVAL: it denies what the kernel's version
 * does not know; ENOMSG: it denies nothing.
 */
int landlock_open(const struct landlock_denied *denied);

/*
 * Gives RIGHTS, some of those that are denied, to the file FD (open as a path, or in any other way) and all
 * below it, or to the TCP port PORT. -1 with errno of landlock_add_rule(2).
 */
int landlock_give_file(int ruleset, int fd, uint64_t rights);
int landlock_give_port(int ruleset, uint64_t port, uint64_t rights);

/* From now on it counts; no_new_privs has been promised. -1 with errno E2BIG: 16 are the most. */
int landlock_restrict(int ruleset);

#endif
