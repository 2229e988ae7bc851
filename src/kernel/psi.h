/* SPDX-License-Identifier: MIT */
/*
 * Pressure stall information: for how long tasks could not go on; Documentation/accounting/psi.rst of
 * Linux.
 */
#ifndef BUTTER_PSI_H
#define BUTTER_PSI_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/say.h"

/*
 * What the kernel allows as a window, microseconds; without CAP_SYS_RESOURCE only multiples of
 * PSI_WINDOW_STEP.
 */
enum { PSI_WINDOW_LEAST = 500000, PSI_WINDOW_MOST = 10000000, PSI_WINDOW_STEP = 2000000 };

/* Advice for errors of psi_open with WINDOW. */
const struct hint *psi_hints(int64_t window);

/*
 * A trigger on PATH (/proc/pressure/memory, or memory.pressure of a cgroup): ready for poll(2),
 * POLLPRI, at most once in a WINDOW, when within one tasks have stalled for STALL, some of them or all
 * (FULL). Both in microseconds. POLLERR: the cgroup is gone. -1 with errno ENOENT (no such file:
 * CONFIG_PSI), EOPNOTSUPP (it is switched off), EINVAL (the window), EBADMSG (PATH is another file, to which
 * nothing was written), ENODATA (it has only FULL), EACCES, EPERM, EMFILE, ENFILE.
 */
int psi_open(const char *path, bool full, int64_t stall, int64_t window);

#endif
