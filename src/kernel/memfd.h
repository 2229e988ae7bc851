/* SPDX-License-Identifier: MIT */
/* memfd_create(2): a file in memory that has no name. */
#ifndef BUTTER_MEMFD_H
#define BUTTER_MEMFD_H

/*
 * A new, empty file for reading and writing, close-on-exec, which is gone with its last
 * descriptor. Where the kernel does not give one in memory, it is a file without a name in
 * /dev/shm, /tmp or /var/tmp: open(2), O_TMPFILE. -1 with errno EMFILE, ENFILE, ENOMEM, or of
 * memfd_create where none of these folders takes it either.
 */
int memfd_open(void);

#endif
