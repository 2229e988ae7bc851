/* SPDX-License-Identifier: MIT */
#include "copy/verify.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "copy/traces.h"

/* SIZE bytes, or what there is of them, and what they leave in the page cache is in TRACES, or NULL. */
static ssize_t
read_at(int fd, char *bytes, size_t size, off_t at, struct traces *traces)
{
	size_t done = 0;

	if (traces)
		traces_reach(traces, at, at + (off_t)size);
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
	if (traces)
		traces_add(traces, done, at + (off_t)done);
	return (ssize_t)done;
}

/* How many bytes from AT on are a hole, to the next data or the end. */
static uint64_t
hole_at(int fd, off_t at)
{
	off_t data = lseek(fd, at, SEEK_DATA);

	if (data < 0 && errno == ENXIO)
		data = lseek(fd, 0, SEEK_END);
	return data > at ? (uint64_t)(data - at) : 0;
}

/* How many bytes need not be read, LEFT at most: holes on both sides. */
static uint64_t
skip(const struct verify *verify, uint64_t left)
{
	uint64_t one = hole_at(verify->one, verify->one_at + verify->same),
		 other = one ? hole_at(verify->other, verify->other_at + verify->same) : 0,
		 both = one < other ? one : other;

	return both < left ? both : left;
}

static bool
is_zero(const char *bytes, size_t size)
{
	return !size || (!bytes[0] && !memcmp(bytes, bytes + 1, size - 1));
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

/* As verify. TRACES: of both, or NULL. */
static int
compare(struct verify *verify, char *one, char *other, size_t half, struct traces *traces)
{
	bool may_skip = true;

	for (uint64_t left = verify->length;;) {
		uint64_t skipped = may_skip ? skip(verify, left) : 0;
		size_t wanted, more, alike;
		ssize_t got, there;

		verify->same += (off_t)skipped;
		left -= skipped;
		wanted = left < half ? (size_t)left : half;
		got = read_at(verify->one, one, wanted, verify->one_at + verify->same, traces);
		/* One byte more shows whether there is one. */
		more = got >= 0 && (size_t)got < half && verify->ends ? 1 : 0;
		there = got < 0 ? -1
				: read_at(verify->other, other, (size_t)got + more,
					  verify->other_at + verify->same,
					  traces ? traces + 1 : NULL);
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
		may_skip = is_zero(one, (size_t)got);
	}
}

int
verify(struct verify *verify, char *space, size_t size)
{
	struct traces traces[] = {
		{ .in = verify->one, .out = -1, .first = verify->one_at },
		{ .in = verify->other, .out = -1, .first = verify->other_at },
	};
	size_t half = size / 2;
	int result, error;

	verify->same = 0;
	if (!verify->uncached)
		return compare(verify, space, space + half, half, NULL);
	for (int i = 0; i < 2; i++)
		traces_open(&traces[i], lseek(traces[i].in, 0, SEEK_END));
	result = compare(verify, space, space + half, half, traces);
	error = errno;
	for (int i = 0; i < 2; i++)
		traces_close(&traces[i], 0);
	errno = error;
	return result;
}
