/* SPDX-License-Identifier: MIT */
#include "copy/content.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "copy/inside.h"
#include "copy/job.h"
#include "copy/plain.h"
#include "copy/requests.h"
#include "kernel/cache.h"
#include "kernel/range.h"
#include "memory.h"

enum {
	WORTH_A_QUEUE = 1 << 22, /* bytes of a file that has to be read from a disk */
	PAGE = 4096,
	SMALL = 1 << 16, /* bytes that are copied as soon by one read and one write */
};

const char *const content_names[CONTENT_WAYS] = {
	[CONTENT_REFLINK] = "reflink", [CONTENT_RANGE] = "copy_file_range",
	[CONTENT_URING] = "io_uring",  [CONTENT_NATIVE] = "native_aio",
	[CONTENT_THREADS] = "threads", [CONTENT_READ] = "read_write",
};

const struct hint *
content_hints(enum content_way way)
{
	static const struct hint reflink[] = {
		{ EOPNOTSUPP, "this file system has none" },
		{ EXDEV, "both have to be on one file system" },
		{ EINVAL, "it is for whole files" },
		{ ESPIPE, "it is for files" },
		{ 0 },
	};

	if (way == CONTENT_REFLINK || way == CONTENT_RANGE)
		return reflink;
	return way < CONTENT_READ ? requests_hints(way) : NULL;
}

char *
content_space(struct content *content)
{
	if (!content->space)
		content->space = memory_get(CONTENT_SPACE + PAGE);
	/* To where no page begins, the kernel copies at half the speed. */
	return content->space + (-(uintptr_t)content->space & (PAGE - 1));
}

/* Whether WAY is to be tried for what is left. */
static bool
is_fit(const struct job *job, enum content_way way)
{
	const struct content *content = job->content;

	if (content->engine != CONTENT_AUTO)
		return way == content->engine;
	if (content->sparse == CONTENT_SPARSE_ALWAYS && way != CONTENT_READ)
		return false;
	switch (way) {
	case CONTENT_REFLINK:
		return !content->no_reflink && !content->direct && job->is_whole
		       && content->sparse == CONTENT_SPARSE_AUTO
		       && content->without_reflink != job->device;
	case CONTENT_RANGE:
		/* It may be no more than a reference. */
		return !content->direct && !content->uncached && !content->no_reflink
		       && job->end - job->at > SMALL && content->sparse == CONTENT_SPARSE_AUTO;
	case CONTENT_NATIVE:
		return job->keeps_direct;
	case CONTENT_URING:
	case CONTENT_THREADS:
		return (job->keeps_direct || job->is_cold)
		       && content->sparse != CONTENT_SPARSE_ALWAYS;
	default:
		return true;
	}
}

static enum job_outcome
go(struct job *job, enum content_way way)
{
	switch (way) {
	case CONTENT_REFLINK:
		return inside_reflink(job);
	case CONTENT_RANGE:
		return inside_range(job);
	case CONTENT_READ:
		return plain_copy(job);
	default:
		return requests_copy(job, way);
	}
}

/* Looks what of the files is in the page cache now. */
static void
look_for_traces(struct job *job)
{
	job->traces =
		(struct traces){ .in = job->in,
				 .out = job->out,
				 .first = job->at + job->base,
				 .shift = job->shift - job->base,
				 .is_new = job->content->ends && !(job->is_stream && job->shift) };
	traces_open(&job->traces, job->base + job->size);
}

static void
close_traces(struct job *job)
{
	if (traces_close(&job->traces, job->base + job->at) < 0)
		job->content->lost = errno;
}

/* Copies what the file has by now, the best way first. */
static enum job_outcome
go_all_ways(struct job *job)
{
	struct content *content = job->content;
	enum job_outcome outcome = JOB_REFUSED;

	job->is_cold = job->end - job->at >= WORTH_A_QUEUE
		       && cache_is_cold(job->in, job->at, job->end - job->at);
	if (job->is_cold)
		cache_expect_all(job->in);
	if (content->uncached)
		look_for_traces(job);
	if (content->direct)
		requests_begin_direct(job);
	for (int way = 0; way < CONTENT_WAYS && outcome == JOB_REFUSED; way++) {
		content->ways[way].refused = 0;
		if (way == CONTENT_READ)
			requests_end_direct(job);
		if (is_fit(job, way))
			outcome = go(job, way);
	}
	requests_end_direct(job);
	return outcome;
}

/*
 * The output ends with a hole, which nobody has written, or has more than the input, which was cut when
 * that had been read already.
 */
static enum job_outcome
set_end(struct job *job)
{
	off_t end = job->at + job->shift;
	struct stat status;

	if (fstat(job->out, &status) < 0)
		return job_fail(job, true, job->at);
	if ((status.st_size < end || (status.st_size > end && job->content->ends))
	    && ftruncate(job->out, end) < 0)
		return job_fail(job, true, job->at);
	return JOB_COPIED;
}

/* What is left when the ways have been gone, and their errors. */
static int
finish(struct job *job, enum job_outcome outcome)
{
	int error;

	if (outcome == JOB_COPIED && (job->written < job->at || job->is_long) && job->is_file)
		outcome = set_end(job);
	error = errno;
	if (job->content->uncached)
		close_traces(job);
	if (outcome == JOB_COPIED && job->content->lost) {
		error = job->content->lost;
		outcome = job_fail(job, true, job->at);
	}
	errno = error;
	return outcome == JOB_COPIED ? 0 : -1;
}

int
content_copy(struct content *content, int in, const struct stat *status, off_t from,
	     uint64_t length, int out, off_t to)
{
	struct job job = { .content = content,
			   .in = in,
			   .out = out,
			   .at = from,
			   .end = status->st_size,
			   .limit = INT64_MAX,
			   .shift = to - from,
			   .device = status->st_dev,
			   .size = status->st_size,
			   .written = from,
			   .alignment = 1,
			   .is_file = content->is_file,
			   .is_whole = !from && !to && length == UINT64_MAX };
	enum job_outcome outcome;
	bool was_sparse;
	off_t whole;

	if (length < (uint64_t)(INT64_MAX - from))
		job.limit = from + (off_t)length;
	if (job.end > job.limit)
		job.end = job.limit;
	if (job.end < from)
		job.end = from;
	/* What the output has shows through a hole. */
	job.makes_holes = content->ends && job.is_file && content->sparse != CONTENT_SPARSE_NEVER;
	job.has_holes = job.makes_holes && S_ISREG(status->st_mode)
			&& status->st_blocks < status->st_size / 512;
	content->lost = 0;
	whole = job.end;
	was_sparse = job.has_holes;
	outcome = go_all_ways(&job);
	if (outcome == JOB_REFUSED) {
		errno = content->ways[content->engine].refused;
		outcome = job_fail(&job, true, from);
	}
	/* It may have grown, or say nothing of its size. */
	if (outcome == JOB_COPIED && job.at < job.limit) {
		job.end = job.limit;
		job.has_holes = false;
		outcome = plain_copy(&job);
	}
	/* Of holes nobody knows whether they were there, or have been cut off. */
	if (outcome == JOB_COPIED && !job.is_stream
	    && job_is_cut(&job, was_sparse ? whole - 1 : job.at)) {
		errno = ENODATA;
		outcome = job_fail(&job, false, job.at);
	}
	return finish(&job, outcome);
}

int
content_pour(struct content *content, int in, uint64_t length, int out, off_t to)
{
	struct job job = { .content = content,
			   .in = in,
			   .out = out,
			   .end = length < INT64_MAX ? (off_t)length : INT64_MAX,
			   .shift = to,
			   .alignment = 1,
			   .is_file = content->is_file,
			   .is_stream = true };
	struct stat status;
	off_t base = lseek(in, 0, SEEK_CUR);
	int result, error;

	if (fstat(in, &status) == 0 && S_ISREG(status.st_mode) && base >= 0) {
		job.base = base;
		job.size = status.st_size > base ? status.st_size - base : 0;
	}
	job.limit = job.end;
	content->lost = 0;
	job.makes_holes = content->ends && job.is_file && content->sparse != CONTENT_SPARSE_NEVER;
	if (content->uncached)
		look_for_traces(&job);
	result = finish(&job, plain_copy(&job));
	error = errno;
	lseek(out, job.at + job.shift, SEEK_SET);
	errno = error;
	return result;
}

int
content_try(struct content *content, int in, int out)
{
	off_t from = 0, to = 0;

	switch (content->engine) {
	case CONTENT_RANGE:
		return range_copy(in, &from, out, &to, 0) < 0 && range_is_refusal(errno) ? -1 : 0;
	case CONTENT_URING:
	case CONTENT_NATIVE:
	case CONTENT_THREADS:
		return requests_open(content, content->engine);
	default:
		return 0;
	}
}

void
content_close(struct content *content)
{
	requests_close(content);
	free(content->space);
	content->space = NULL;
}
