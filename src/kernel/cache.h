/* SPDX-License-Identifier: MIT */
/* The page cache: what of a file is in it, and how it leaves; cachestat(2), mincore(2), posix_fadvise(2). */
#ifndef BUTTER_CACHE_H
#define BUTTER_CACHE_H

#include <stdbool.h>
#include <sys/types.h>

enum { CACHE_PART = 4096 };

/*
 * Sets a byte of THERE for each of the PARTS (2048 at most), of CACHE_PART bytes, of FD from AT on that is
 * in the page cache, or of which that cannot be told; mincore(2).
 */
void cache_look(int fd, off_t at, unsigned char *there, size_t parts);

/*
 * Whether nothing of the LENGTH bytes of FD from AT on is in the page cache. Before Linux 6.5, and where
 * a seccomp profile does not know the call, as far as a few looks can tell.
 */
bool cache_is_cold(int fd, off_t at, off_t length);

/* FD will be read from its start to its end: the kernel reads ahead twice as far. */
void cache_expect_all(int fd);

/*
 * Waits until what was written to FD is on the disk. -1 with errno EIO, ENOSPC: some is not;
 * sync_file_range(2).
 */
int cache_settle(int fd);

/* Begins to write to the disk what was written to FD. */
void cache_write(int fd);

/*
 * Whether what could not be written to a file of FD's file system may be told by close(2) first, as on NFS
 * and FUSE: on all but those that are known to have a disk, or memory.
 */
bool cache_tells_late(int fd);

/* What is clean of the LENGTH bytes of FD from AT on, 0: all behind it, leaves the page cache. */
void cache_drop(int fd, off_t at, off_t length);

#endif
