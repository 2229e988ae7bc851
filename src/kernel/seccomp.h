/* SPDX-License-Identifier: MIT */
/* seccomp(2): filters on system calls, and being asked about them; seccomp_unotify(2). */
#ifndef BUTTER_SECCOMP_H
#define BUTTER_SECCOMP_H

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/say.h"

/* This process, and all that it starts, cannot gain privileges any more; prctl(2). -1 with errno. */
int seccomp_promise(void);

/*
 * Loads COUNT instructions of CODE for this process, and all that it starts, for ever. FLAGS:
 * SECCOMP_FILTER_FLAG_.... 0; with NEW_LISTENER its descriptor, close-on-exec. -1 with errno EACCES (no
 * no_new_privs and no CAP_SYS_ADMIN), EINVAL (an invalid program or flag), ENOMEM (too much in all filters
 * together), EBUSY (there is a listener already), ENOSYS, or EPERM of another filter.
 */
int seccomp_load(const struct sock_filter *code, size_t count, unsigned flags);

/* The number of seccomp(2): for who makes another process do it. */
long seccomp_number(void);

/* Advice for the errors of seccomp_load. */
extern const struct hint seccomp_hints[];

/* Whether the kernel has the ACTION, SECCOMP_RET_...; seccomp(2), SECCOMP_GET_ACTION_AVAIL. */
bool seccomp_has_action(uint32_t action);

/*
 * Room for what seccomp_receive takes: newer kernels may write more than the headers know. free(3) it.
 * SECCOMP_GET_NOTIF_SIZES.
 */
struct seccomp_notif *seccomp_space(void);

/*
 * Takes the next call that LISTENER is asked about. 1; 0: whoever asked has gone meanwhile, or a signal came.
 * -1 with errno of ioctl(2). CALL is seccomp_space's. SECCOMP_IOCTL_NOTIF_RECV.
 */
int seccomp_receive(int listener, struct seccomp_notif *call);

/* Whether call ID waits still: what was read of its process was its. SECCOMP_IOCTL_NOTIF_ID_VALID. */
bool seccomp_waits(int listener, uint64_t id);

/*
 * Call ID fails with ERROR, a positive errno; 0: it goes on as if nobody had been asked. -1 with errno:
 * ENOENT, it does not wait any more.
 */
int seccomp_answer(int listener, uint64_t id, int error);

#endif
