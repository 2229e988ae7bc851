/* SPDX-License-Identifier: MIT */
/* What the kernel says of a descriptor: /proc/PID/fdinfo, proc(5). */
#ifndef BUTTER_FDINFO_H
#define BUTTER_FDINFO_H

#include <stdbool.h>
#include <sys/types.h>

/*
 * Hands the lines about FD of the process PID (0: this one) to IS, each without its end and cut off after 500
 * bytes, until that returns true: 1 then, 0 after the last one. -1 with errno of open(2): EMFILE, ENOENT (no
 * /proc, or no such process), EACCES.
 */
int fdinfo_find(pid_t pid, int fd, bool (*is)(const char *line, void *context), void *context);

#endif
