/* SPDX-License-Identifier: MIT */
#include "copy/part.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cli/num.h"
#include "kernel/cache.h"

const char part_name[] = "user.butter.part";

enum {
	RECORD_SIZE = 320,
	BEGIN = 1 << 23, /* bytes that are worth beginning to write them */
};

/* All but how much is sure. */
static int
format(char *record, const struct part *part)
{
	const struct stat *source = part->source;

	return snprintf(record, RECORD_SIZE,
			"inode %" PRIu64 " size %" PRId64 " mtime %" PRId64 ".%09ld ctime %" PRId64
			".%09ld part %" PRIu64 " %" PRIu64 " sure ",
			(uint64_t)source->st_ino, (int64_t)source->st_size,
			(int64_t)source->st_mtim.tv_sec, source->st_mtim.tv_nsec,
			(int64_t)source->st_ctim.tv_sec, source->st_ctim.tv_nsec, part->offset,
			part->length);
}

/*
 * Whether inode, size and times tell the source from another one: not those of a device, and not times that
 * are whole seconds, for the file system has no others, or the image was made so.
 */
static bool
is_distinct(const struct stat *source)
{
	return S_ISREG(source->st_mode) && (source->st_mtim.tv_nsec || source->st_ctim.tv_nsec);
}

enum part_state
part_look(struct part *part, off_t *size)
{
	char expected[RECORD_SIZE], record[RECORD_SIZE];
	size_t length = (size_t)format(expected, part);
	ssize_t got = fgetxattr(part->fd, part_name, record, sizeof(record) - 1);
	struct stat status;
	int64_t sure;

	*size = part->sure = 0;
	if ((got < 0 && errno == ERANGE) || fstat(part->fd, &status) < 0)
		return PART_OTHER;
	*size = status.st_size;
	if (got < 0)
		return PART_UNKNOWN;
	record[got] = '\0';
	if (strncmp(record, expected, length) != 0
	    || num_integer(record + length, 0, INT64_MAX, &sure) < 0)
		return PART_OTHER;
	part->sure = sure;
	return is_distinct(part->source) ? PART_KNOWN : PART_UNKNOWN;
}

int
part_mark(const struct part *part)
{
	char record[RECORD_SIZE];
	int length = format(record, part);

	length += snprintf(record + length, sizeof(record) - (size_t)length, "%" PRId64,
			   (int64_t)part->sure);
	return fsetxattr(part->fd, part_name, record, (size_t)length, 0);
}

int
part_unmark(int fd)
{
	return fremovexattr(fd, part_name) < 0 && errno != ENODATA && errno != EOPNOTSUPP ? -1 : 0;
}

int
part_settle(struct part *part)
{
	struct stat status;
	off_t sure;

	part->since = 0;
	if (fstat(part->fd, &status) < 0 || fdatasync(part->fd) < 0) {
		part->is_doubtful = true;
		return -1;
	}
	sure = status.st_size - (off_t)part->window;
	sure -= sure % PART_ALIGNMENT;
	if (sure > part->sure) {
		part->sure = sure;
		part_mark(part); /* less is right, too */
	}
	return 0;
}

int
part_add(struct part *part, uint64_t bytes)
{
	uint64_t before = part->since / BEGIN;

	part->since += bytes;
	if (part->since >= PART_UNSURE)
		return part_settle(part);
	/* Reading goes on meanwhile. */
	if (part->since / BEGIN > before)
		cache_write(part->fd);
	return 0;
}
