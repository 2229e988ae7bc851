/* SPDX-License-Identifier: MIT */
/* Copying between files inside the kernel, which may be no more than a reference: copy_file_range(2). */
#ifndef BUTTER_RANGE_H
#define BUTTER_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * Copies SIZE bytes at most from the offset *FROM_AT of FROM to *TO_AT of TO, and moves both on; NULL:
 * where the descriptors stand. Returns how many: 0 is no proof of an end, as some file systems say it
 * of files that they make up. -1 with errno (range_is_refusal), or EIO, ENOSPC, EDQUOT, EFBIG;
 * copy_file_range(2).
 */
ssize_t range_copy(int from, off_t *from_at, int to, off_t *to_at, size_t size);

/*
 * Makes the empty file TO have all that FROM has, by reference. -1 with errno EOPNOTSUPP, EXDEV, EINVAL
 * (these files have no such thing), ENOTTY, EPERM; FICLONE, ioctl_ficlone(2).
 */
int range_clone(int from, int to);

/*
 * Whether the file system of FD is known to do no more than move the bytes through a pipe of 64 KiB, as ext4
 * and tmpfs do: a wider pipe of our own is faster. fs/splice.c, splice_copy_file_range.
 */
bool range_is_narrow(int fd);

/* Whether ERROR means that these files cannot be copied in this way, but perhaps in another. */
bool range_is_refusal(int error);

#endif
