/* SPDX-License-Identifier: MIT */
#include "copy/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <unistd.h>

#include "kernel/pid.h"
#include "memory.h"

enum { TRIES = 100 }; /* names for a file, if somebody else's are there */

uint64_t
spill_holds(const struct spill *spill)
{
	return spill->last - spill->first + (spill->rest_last - spill->rest_first);
}

bool
spill_has_room(const struct spill *spill, size_t size)
{
	return spill->rest_first == spill->rest_last && spill->limit >= size
	       && spill->last - spill->first <= spill->limit - size;
}

/* The same where the file system has no O_TMPFILE: for a moment it has a name. */
static int
open_named(const char *folder)
{
	char name[PATH_MAX];
	int fd = -1;

	for (unsigned number = 0; fd < 0 && number < TRIES; number++) {
		if (snprintf(name, sizeof(name), "%s/.butter-%d-%u", folder, pid_self(), number)
		    >= (int)sizeof(name)) {
			errno = ENAMETOOLONG;
			return -1;
		}
		fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0 && errno != EEXIST)
			return -1;
	}
	if (fd >= 0)
		unlink(name);
	return fd;
}

/* A file without a name in FOLDER. */
static int
open_in(const char *folder)
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);

	if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT))
		return fd;
	return open_named(folder);
}

static void
open_spill(struct spill *spill)
{
	spill->fd = open_in(spill->folder);
	spill->is_open = spill->fd >= 0;
	spill->error = spill->is_open ? 0 : errno;
}

/* From where byte AT of all lies in the file: the file begins anew at the limit. */
static size_t
straight(const struct spill *spill, uint64_t at, uint64_t size)
{
	return (size_t)MIN(size, spill->limit - at % spill->limit);
}

static void
keep(struct spill *spill, const char *bytes, size_t size)
{
	spill->rest = memory_resize(spill->rest, spill->rest_last + size, 1);
	memcpy(spill->rest + spill->rest_last, bytes, size);
	spill->rest_last += size;
}

void
spill_put(struct spill *spill, const char *bytes, size_t size)
{
	if (!spill->is_open)
		open_spill(spill);
	while (size && spill->is_open && spill_has_room(spill, 1)) {
		size_t most = (size_t)MIN(spill->limit - (spill->last - spill->first), size);
		ssize_t put = pwrite(spill->fd, bytes, straight(spill, spill->last, most),
				     (off_t)(spill->last % spill->limit));

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0) {
			spill->error = errno;
			break;
		}
		bytes += put;
		size -= (size_t)put;
		spill->last += (size_t)put;
	}
	if (size)
		keep(spill, bytes, size);
}

static ssize_t
take_from_memory(struct spill *spill, char *bytes, size_t size)
{
	size = (size_t)MIN(size, spill->rest_last - spill->rest_first);
	memcpy(bytes, spill->rest + spill->rest_first, size);
	spill->rest_first += size;
	if (spill->rest_first == spill->rest_last)
		spill->rest_first = spill->rest_last = 0;
	return (ssize_t)size;
}

ssize_t
spill_take(struct spill *spill, char *bytes, size_t size)
{
	ssize_t taken;

	if (spill->first == spill->last)
		return take_from_memory(spill, bytes, size);
	size = straight(spill, spill->first, (size_t)MIN(size, spill->last - spill->first));
	do
		taken = pread(spill->fd, bytes, size, (off_t)(spill->first % spill->limit));
	while (taken < 0 && errno == EINTR);
	if (taken == 0) {
		errno = EIO; /* somebody has cut it */
		return -1;
	}
	spill->first += taken > 0 ? (size_t)taken : 0;
	/* What nobody needs any more is the disk's again. */
	if (spill->first == spill->last && ftruncate(spill->fd, 0) == 0)
		spill->first = spill->last = 0;
	return taken;
}

void
spill_close(struct spill *spill)
{
	if (spill->is_open)
		close(spill->fd);
	free(spill->rest);
	*spill = (struct spill){ .folder = spill->folder, .limit = spill->limit };
}
