/* SPDX-License-Identifier: MIT */
/*
 * The process that somebody means: by its number, or by what no other process has, so that it is surely that one
 * and not the next that got its number.
 */
#ifndef BUTTER_TARGET_H
#define BUTTER_TARGET_H

#include <stdint.h>
#include <sys/types.h>

struct target {
	pid_t pid;
	enum target_form {
		TARGET_NUMBER, /* PID */
		TARGET_INODE,  /* PID:INODE, of its pidfd, as getpid --id prints it */
		TARGET_START,  /* PID@STARTTIME, where the kernel has no such inodes */
	} form;
	uint64_t identity;
	int pidfd; /* of target_open; -1: none */
};

/* Fills *TARGET with what TEXT says. -1 with errno EINVAL: it is none of these forms. */
int target_parse(const char *text, struct target *target);

/*
 * Opens the pidfd: from then on it means this process, whatever becomes of the number. -1 with errno ESRCH
 * (there is no such process, any more), ESTALE (there is, but it is another one), EOPNOTSUPP (TARGET_INODE,
 * but this kernel has none: before Linux 6.9), and of pidfd_of and, with TARGET_START, pid_stat.
 */
int target_open(struct target *target);

void target_close(struct target *target);

#endif
