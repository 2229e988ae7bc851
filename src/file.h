/* SPDX-License-Identifier: MIT */
/* Small files, read whole. */
#ifndef BUTTER_FILE_H
#define BUTTER_FILE_H

#include <sys/types.h>

/* Reads FD to its end or until ROOM bytes are full; the number of bytes, or -1 with errno of read(2). */
ssize_t file_read(int fd, char *text, size_t room);

#endif
