/* SPDX-License-Identifier: MIT */
/*
 * The sockets of unix(7) that are bound to files, as the kernel lists them, sock_diag(7), and the file
 * that one of them is bound to.
 */
#ifndef BUTTER_SOCKDIAG_H
#define BUTTER_SOCKDIAG_H

#include <stddef.h>
#include <stdint.h>

enum sockdiag_kind {
	SOCKDIAG_OTHER, /* nothing of these */
	SOCKDIAG_BOUND, /* a socket that is bound to a file */
	SOCKDIAG_END,   /* of the list */
};

struct sockdiag {
	enum sockdiag_kind kind;
	int error;                 /* SOCKDIAG_END: why the list ends here; 0: all has been told */
	uint32_t inode;            /* of the socket */
	uint32_t file;             /* the lower half of the file's inode */
	unsigned int major, minor; /* of the file's system, as in mountinfo.h */
	const char *path; /* that it was bound to, as the process has given it; no string */
	size_t length;    /* of the path */
};

/*
 * Reads the message at the beginning of the SIZE bytes at BYTES, to which MESSAGE->path points.
 * Returns how many it has, with what fills it up, 0: no whole one.
 */
size_t sockdiag_decode(const char *bytes, size_t size, struct sockdiag *message);

/*
 * Hands each socket of this network namespace that is bound to a file to EACH. -1 with errno, and
 * perhaps after some of them: ENOENT (no CONFIG_UNIX_DIAG), EPROTONOSUPPORT, EPERM, EACCES
 * (forbidden), EPROTO, EMFILE, ENFILE, ENOMEM.
 */
int sockdiag_each(void (*each)(const struct sockdiag *message, void *context), void *context);

/*
 * An O_PATH descriptor, close-on-exec, of the file that the socket FD is bound to, wherever that is
 * mounted and whether it still has a name; since Linux 4.13. -1 with errno ENOENT (it has none), EPERM
 * (needs CAP_NET_ADMIN over the network namespace of the socket), EINVAL, ENOTTY (no such socket,
 * older kernels), EMFILE, ENFILE.
 */
int sockdiag_file(int fd);

#endif
