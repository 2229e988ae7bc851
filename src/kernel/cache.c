/* SPDX-License-Identifier: MIT */
#include "kernel/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "kernel/compat.h"

enum { LOOKS = 4, PART = CACHE_PART, PARTS_MOST = 1 << 11 };

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

/*
 * By mincore(2), which reads nothing ahead as a look by preadv2(2) does: sets a byte of THERE for each of
 * the PARTS from AT on. -1: it cannot be told; and who may not write to the file is told that all are.
 */
static int
look_by_map(int fd, off_t at, unsigned char *there, size_t parts)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), before = (size_t)at % page;
	size_t length = before + parts * PART;
	unsigned char pages[PARTS_MOST + 2];
	void *map = mmap(NULL, length, PROT_NONE, MAP_SHARED, fd, at - (off_t)before);
	int result;

	if (map == MAP_FAILED)
		return -1;
	result = mincore(map, length, pages);
	munmap(map, length);
	for (size_t i = 0; i < parts && result == 0; i++)
		there[i] = pages[(before + i * PART) / page] & 1;
	return result;
}

/* Whether what is AT is there, as far as can be told before Linux 6.5. */
static bool
is_there(int fd, off_t at)
{
	unsigned char there;
	char byte;

	if (look_by_map(fd, at, &there, 1) == 0 && !there)
		return false;
	return preadv2(fd, &(struct iovec){ &byte, 1 }, 1, at, RWF_NOWAIT) >= 0 || errno != EAGAIN;
}

bool
cache_is_cold(int fd, off_t at, off_t length)
{
	int64_t pages = count_pages(fd, at, length);

	if (pages >= 0)
		return pages == 0;
	for (int i = 0; i < LOOKS; i++)
		if (is_there(fd, at + i * (length / LOOKS)))
			return false;
	return true;
}

void
cache_look(int fd, off_t at, unsigned char *there, size_t parts)
{
	int64_t pages = count_pages(fd, at, (off_t)parts * PART);
	bool is_known;

	memset(there, 0, parts);
	if (pages == 0)
		return;
	is_known = look_by_map(fd, at, there, parts) == 0;
	/* Who may not know is told that all are there. */
	if (is_known && (pages < 0 || memchr(there, 0, parts)))
		return;
	for (size_t i = 0; i < parts; i++)
		there[i] = pages < 0 || count_pages(fd, at + (off_t)i * PART, PART) != 0;
}

void
cache_expect_all(int fd)
{
	posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
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
cache_write(int fd)
{
	sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

bool
cache_tells_late(int fd)
{
	struct statfs status;

	if (fstatfs(fd, &status) < 0)
		return true;
	switch (status.f_type) {
	case EXT4_SUPER_MAGIC:
	case XFS_SUPER_MAGIC:
	case BTRFS_SUPER_MAGIC:
	case TMPFS_MAGIC:
		return false;
	default:
		return true;
	}
}

void
cache_drop(int fd, off_t at, off_t length)
{
	posix_fadvise(fd, at, length, POSIX_FADV_DONTNEED);
}
