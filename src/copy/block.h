/* SPDX-License-Identifier: MIT */
/* Where bytes are that go through memory: one place for all that this process copies, one after the other. */
#ifndef BUTTER_BLOCK_H
#define BUTTER_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum { BLOCK_SIZE = 1 << 18 };

/* BLOCK_SIZE bytes, aligned to a page: files that are open with O_DIRECT ask for that, open(2). */
char *block_bytes(void);

/*
 * read(2) that waits, of WANTED bytes at most from IN to BYTES, where there is ROOM for more: some inputs do
 * not give a part of a record, or of a block (O_DIRECT), nor from where none begins. What is read too much of
 * a file, it stands before.
 */
ssize_t block_read(int in, char *bytes, size_t room, size_t wanted);

/*
 * The same to *BYTES, which are block_bytes, or more where IN is no STREAM (pipe.h) and the next datagram has
 * more: a whole one is taken, unless less is WANTED.
 */
ssize_t block_take(int in, bool stream, uint64_t wanted, char **bytes);

#endif
