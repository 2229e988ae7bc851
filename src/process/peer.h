/* SPDX-License-Identifier: MIT */
/*
 * The process that somebody means: by its number, or by what no other process has, so that it is surely
 * that one and not the next that got its number.
 */
#ifndef BUTTER_PEER_H
#define BUTTER_PEER_H

#include <stdint.h>
#include <sys/types.h>

struct peer {
	pid_t pid;
	enum peer_form {
		PEER_NUMBER, /* PID */
		PEER_INODE,  /* PID:INODE, of its pidfd, as getpid --id prints it */
		PEER_START,  /* PID@STARTTIME, where the kernel has no such inodes */
	} form;
	uint64_t identity;
	int pidfd; /* of peer_open; -1: none */
};

/* Fills *PEER with what TEXT says. -1 with errno EINVAL: it is none of these forms. */
int peer_parse(const char *text, struct peer *peer);

/*
 * Opens the pidfd: from then on it means this process, whatever becomes of the number. -1 with errno ESRCH
 * (there is no such process, any more), ESTALE (there is, but it is another one), EOPNOTSUPP (PEER_INODE,
 * but this kernel has none: before Linux 6.9), and of pidfd_of and, with PEER_START, pid_stat.
 */
int peer_open(struct peer *peer);

void peer_close(struct peer *peer);

#endif
