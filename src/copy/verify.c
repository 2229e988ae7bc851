/* SPDX-License-Identifier: MIT */
#include "copy/verify.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* SIZE bytes, or what there is of them. */
static ssize_t
read_at(int fd, char *bytes, size_t size, off_t at)
{
	size_t done = 0;

	while (done < size) {
		ssize_t got = pread(fd, bytes + done, size - done, at + (off_t)done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (!got)
			break;
		done += (size_t)got;
	}
	return (ssize_t)done;
}

/* How many of SIZE bytes are alike from the begin on. */
static size_t
count_same(const char *one, const char *other, size_t size)
{
	size_t at = 0;

	if (!memcmp(one, other, size))
		return size;
	while (one[at] == other[at])
		at++;
	return at;
}

int
verify(struct verify *verify, char *space, size_t size)
{
	size_t half = size / 2;
	char *one = space, *other = space + half;

	verify->same = 0;
	for (uint64_t left = verify->length;;) {
		size_t wanted = left < half ? (size_t)left : half, alike;
		ssize_t got = read_at(verify->one, one, wanted, verify->one_at + verify->same);
		/* One byte more shows whether there is one. */
		size_t more = got >= 0 && (size_t)got < half && verify->ends ? 1 : 0;
		ssize_t there = got < 0 ? -1
					: read_at(verify->other, other, (size_t)got + more,
						  verify->other_at + verify->same);

		verify->at_other = got >= 0;
		if (got < 0 || there < 0)
			return -1;
		alike = count_same(one, other, (size_t)(got < there ? got : there));
		verify->same += (off_t)alike;
		left -= alike;
		if (got != there || alike < (size_t)got)
			return 1;
		if ((size_t)got < wanted || !got)
			return 0;
	}
}
