/* SPDX-License-Identifier: MIT */
/* Where bytes are that go through memory: one place for all that this process copies, one after the other. */
#ifndef BUTTER_BLOCK_H
#define BUTTER_BLOCK_H

enum { BLOCK_SIZE = 1 << 18 };

/* BLOCK_SIZE bytes, aligned to a page: files that are open with O_DIRECT ask for that, open(2). */
char *block_bytes(void);

#endif
