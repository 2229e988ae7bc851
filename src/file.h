/* SPDX-License-Identifier: MIT */
/* Files: small ones read whole, and any closed. */
#ifndef BUTTER_FILE_H
#define BUTTER_FILE_H

#include <sys/types.h>

/* Reads FD to its end or until ROOM bytes are full; the number of bytes, or -1 with errno of read(2). */
ssize_t file_read(int fd, char *text, size_t room);

/* Closes FD, if it is one. errno stays, for what has failed before. */
void file_close(int fd);

#endif
