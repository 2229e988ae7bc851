/* SPDX-License-Identifier: MIT */
#include "kernel/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "kernel/compat.h"

enum { LOOKS = 4 };

/* Pages that are there; -1 with errno. */
static int64_t
count_pages(int fd, off_t at, off_t length)
{
	struct {
		uint64_t offset, length;
	} range = { (uint64_t)at, (uint64_t)length };
	struct {
		uint64_t cached, dirty, writeback, evicted, evicted_lately;
	} pages;

	if (syscall(NUMBER_CACHESTAT, fd, &range, &pages, 0) < 0)
		return -1;
	return (int64_t)pages.cached;
}

bool
cache_is_cold(int fd, off_t at, off_t length)
{
	int64_t pages = count_pages(fd, at, length);
	char byte;

	if (pages >= 0)
		return pages == 0;
	for (int i = 0; i < LOOKS; i++)
		if (preadv2(fd, &(struct iovec){ &byte, 1 }, 1, at + i * (length / LOOKS),
			    RWF_NOWAIT)
			    >= 0
		    || errno != EAGAIN)
			return false;
	return true;
}

int
cache_settle(int fd)
{
	int result = sync_file_range(fd, 0, 0,
				     SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE
					     | SYNC_FILE_RANGE_WAIT_AFTER);

	return result < 0 && (errno == EIO || errno == ENOSPC || errno == EDQUOT) ? -1 : 0;
}

void
cache_drop(int fd, off_t at, off_t length)
{
	posix_fadvise(fd, at, length, POSIX_FADV_DONTNEED);
}
