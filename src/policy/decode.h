/* SPDX-License-Identifier: MIT */
/* A system call as people write it: `openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC, 0)`. */
#ifndef BUTTER_POLICY_DECODE_H
#define BUTTER_POLICY_DECODE_H

#include <linux/seccomp.h>
#include <sys/types.h>

#include "cli/buffer.h"
#include "policy/arch.h"

/*
 * Appends the call DATA that PID stands at: text from its memory as it is there, cut where it is long, an
 * address where that cannot be read. What it says may have changed before the kernel looks at it: it is for
 * people.
 */
void decode_call(struct buffer *buffer, pid_t pid, const struct seccomp_data *data);

/* Appends the name of number NUMBER of ARCH, or the number where it has none. */
void decode_name(struct buffer *buffer, uint32_t number, enum arch arch);

#endif
