/* SPDX-License-Identifier: MIT */
/* pidfd_open(2): a descriptor that means one process, never its number's next user. */
#ifndef BUTTER_PIDFD_H
#define BUTTER_PIDFD_H

#include <stdint.h>
#include <sys/types.h>

/* A pidfd of PID, close-on-exec; -1 with errno ESRCH, EINVAL, EMFILE, ENFILE, ENOMEM, ENOSYS. */
int pidfd_of(pid_t pid);

/*
 * The inode of PIDFD, unique until the machine restarts. -1 with errno EOPNOTSUPP
 * where the kernel has no pidfs (before Linux 6.9) and all pidfds share one inode.
 */
int pidfd_inode(int pidfd, uint64_t *inode);

#endif
