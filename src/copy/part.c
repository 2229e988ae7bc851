/* SPDX-License-Identifier: MIT */
#include "copy/part.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>

#include "cli/num.h"

const char part_name[] = "user.butter.part";

enum { RECORD_SIZE = 320 };

/* All but the window, which is that of whoever has written it. */
static int
format(char *record, const struct part *part)
{
	const struct stat *source = part->source;

	return snprintf(record, RECORD_SIZE,
			"inode %" PRIu64 " size %" PRId64 " mtime %" PRId64 ".%09ld ctime %" PRId64
			".%09ld part %" PRIu64 " %" PRIu64 " window ",
			(uint64_t)source->st_ino, (int64_t)source->st_size,
			(int64_t)source->st_mtim.tv_sec, source->st_mtim.tv_nsec,
			(int64_t)source->st_ctim.tv_sec, source->st_ctim.tv_nsec, part->offset,
			part->length);
}

enum part_state
part_look(const struct part *part, off_t *done)
{
	char expected[RECORD_SIZE], record[RECORD_SIZE];
	size_t length = (size_t)format(expected, part);
	ssize_t size = fgetxattr(part->fd, part_name, record, sizeof(record) - 1);
	struct stat status;
	int64_t window;

	*done = 0;
	if (fstat(part->fd, &status) < 0)
		return PART_OTHER;
	if (size < 0 && errno == ERANGE)
		return PART_OTHER;
	if (size < 0) {
		*done = status.st_size;
		return PART_UNKNOWN;
	}
	record[size] = '\0';
	if (strncmp(record, expected, length) != 0
	    || num_integer(record + length, 0, INT64_MAX, &window) < 0)
		return PART_OTHER;
	if (status.st_size > window)
		*done = status.st_size - window;
	return PART_KNOWN;
}

int
part_mark(const struct part *part)
{
	char record[RECORD_SIZE];
	int length = format(record, part);

	length += snprintf(record + length, sizeof(record) - (size_t)length, "%" PRIu64,
			   part->window);
	return fsetxattr(part->fd, part_name, record, (size_t)length, 0);
}

int
part_unmark(int fd)
{
	return fremovexattr(fd, part_name) < 0 && errno != ENODATA && errno != EOPNOTSUPP ? -1 : 0;
}
