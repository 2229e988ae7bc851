/* SPDX-License-Identifier: MIT */
#include "copy/plain.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "kernel/pipe.h"

enum { HOLE = 4096 }; /* zeros that make a hole, aligned */

static bool
is_zero(const char *bytes, size_t size)
{
	return !bytes[0] && !memcmp(bytes, bytes + 1, size - 1);
}

/* How many of the SIZE bytes that come to AT of the output are alike: zeros, or none (*ZERO). */
static size_t
run_of(const char *bytes, size_t size, off_t at, bool *zero)
{
	size_t length = 0;

	while (length < size) {
		size_t block =
			job_least(size - length, HOLE - (uint64_t)(at + (off_t)length) % HOLE);
		bool is = is_zero(bytes + length, block);

		if (!length)
			*zero = is;
		if (is != *zero)
			break;
		length += block;
	}
	return length;
}

/* Writes SIZE bytes that belong to AT of the input. */
static enum job_outcome
write_all(struct job *job, const char *bytes, size_t size, off_t at)
{
	struct content *content = job->content;

	while (size) {
		ssize_t written =
			pwrite(job->out, bytes, job_least(size, content->most), at + job->shift);

		if (written < 0 && errno == EINTR)
			continue;
		content->ways[CONTENT_READ].calls++;
		if (!written)
			errno = EIO;
		if (written <= 0)
			return job_fail(job, true, at);
		job_count(job, CONTENT_READ, (uint64_t)written);
		bytes += written;
		size -= (size_t)written;
		at += written;
		job->written = at;
	}
	return JOB_COPIED;
}

/* The same, but zeros may become holes. */
static enum job_outcome
give(struct job *job, const char *bytes, size_t size, off_t at)
{
	enum job_outcome outcome = JOB_COPIED;

	if (!job->makes_holes || job->content->sparse != CONTENT_SPARSE_ALWAYS)
		return write_all(job, bytes, size, at);
	while (size && outcome == JOB_COPIED) {
		bool zero;
		size_t length = run_of(bytes, size, at + job->shift, &zero);

		if (zero)
			job_count(job, CONTENT_READ, length);
		else
			outcome = write_all(job, bytes, length, at);
		bytes += length;
		size -= length;
		at += (off_t)length;
	}
	return outcome;
}

/* From FROM to TO of the input, as far as there is something. */
static enum job_outcome
read_part(struct job *job, off_t from, off_t to)
{
	enum job_outcome outcome = JOB_COPIED;
	char *bytes = content_space(job->content);

	while (from < to && outcome == JOB_COPIED) {
		/* More than there is shows that there is no more. */
		off_t most = to == job->end ? job->limit : to;
		size_t wanted = job_least((uint64_t)(most - from), CONTENT_SPACE);
		ssize_t got = job->is_stream ? pipe_read(job->in, bytes, wanted)
					     : pread(job->in, bytes, wanted, from);

		if (got < 0 && errno == EINTR)
			continue;
		job->content->ways[CONTENT_READ].calls++;
		if (got < 0)
			return job_fail(job, false, from);
		outcome = give(job, bytes, (size_t)got, from);
		from += got;
		job->at = from;
		/* A file that is as long as it says gives less at its end only. */
		if (!got
		    || ((size_t)got < wanted && job->size && from >= job->size && !job->is_stream))
			job->end = job->limit = from;
		if (from >= job->end)
			break;
	}
	return outcome;
}

enum job_outcome
plain_copy(struct job *job)
{
	enum job_outcome outcome = JOB_COPIED;
	off_t from, to;

	while (outcome == JOB_COPIED && job_next(job, &from, &to))
		outcome = read_part(job, from, to);
	return outcome;
}
