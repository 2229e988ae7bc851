/* SPDX-License-Identifier: MIT */
/* clone(2): a copy of this process, in namespaces of its own from its first moment on. */
#ifndef BUTTER_CLONE_H
#define BUTTER_CLONE_H

#include <stdint.h>
#include <sys/types.h>

/*
 * fork(2) with FLAGS, CLONE_NEW... for all kinds but time, which this call does not know: 0 in the copy,
 * where nothing of atfork has run; here its number, or -1 with errno as unshare(2), EAGAIN.
 */
pid_t clone_start(uint64_t flags);

#endif
