/* SPDX-License-Identifier: MIT */
/* What the kernel says in its log from now on: /dev/kmsg; Documentation/ABI/testing/dev-kmsg. */
#ifndef BUTTER_KMSG_H
#define BUTTER_KMSG_H

#include <stddef.h>

/* At the beginning of the log; -1 with errno ENOENT, EPERM (kernel.dmesg_restrict). */
int kmsg_open(void);

/* Forgets what has been said until now. */
void kmsg_skip(int fd);

/* The next message that is a warning, or worse, into TEXT; its length, 0: there is no more. */
size_t kmsg_next(int fd, char *text, size_t room);

/*
 * The message in the record of LENGTH bytes, which gets a NUL at its end; NULL: none. A record is
 * `PRIORITY,NUMBER,TIME,FLAGS;MESSAGE`, a newline, and more lines.
 */
const char *kmsg_parse(char *record, size_t length);

#endif
