/* SPDX-License-Identifier: MIT */
#include "copy/job.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

size_t
job_least(uint64_t one, uint64_t other)
{
	return (size_t)(one < other ? one : other);
}

off_t
job_round_down(off_t at, size_t alignment)
{
	return at - at % (off_t)alignment;
}

void
job_count(struct job *job, enum content_way way, uint64_t bytes)
{
	struct content *content = job->content;

	content->ways[way].bytes += bytes;
	if (content->uncached && traces_add(&job->traces, bytes, job->base + job->at) < 0)
		content->lost = errno; /* the kernel tells it once */
	if (content->moved && bytes)
		content->moved(bytes, content->context);
}

enum job_outcome
job_fail(struct job *job, bool at_output, off_t at)
{
	job->content->at_output = at_output;
	job->content->at = at + (at_output ? job->shift : 0);
	return JOB_FAILED;
}

enum job_outcome
job_refuse(struct job *job, enum content_way way, int error)
{
	job->content->ways[way].refused = error;
	return JOB_REFUSED;
}

/* Where the next data are, AT or behind that, and in *TO where they end. */
static off_t
find_data(struct job *job, off_t at, off_t *to)
{
	off_t data = lseek(job->in, at, SEEK_DATA);

	*to = job->end;
	if (data < 0 && errno == ENXIO)
		return job->end; /* the rest is a hole */
	if (data < at) {
		job->has_holes = false;
		return at;
	}
	*to = data < job->end ? lseek(job->in, data, SEEK_HOLE) : job->end;
	return data;
}

/* What is in the page cache is to be known before much of it is read: the part ends sooner. */
static void
reach_part(struct job *job, off_t from, off_t *to)
{
	off_t most = job_round_down(from + TRACES_STEP, job->alignment);

	if (*to > most)
		*to = most;
	traces_reach(&job->traces, job->base + from, job->base + *to);
}

bool
job_next(struct job *job, off_t *from, off_t *to)
{
	off_t data = job->at, hole = job->end;

	if (job->has_holes && data < job->end)
		data = find_data(job, job->at, &hole);
	data = job_round_down(data, job->alignment);
	*from = data < job->at ? job->at : data;
	hole = job_round_down(hole + (off_t)job->alignment - 1, job->alignment);
	*to = hole <= *from || hole > job->end ? job->end : hole;
	if (job->content->uncached && *from < *to)
		reach_part(job, *from, to);
	job->at = *to;
	return *from < *to;
}

bool
job_is_cut(const struct job *job, off_t at)
{
	struct stat now;

	return at < job->size && fstat(job->in, &now) == 0 && S_ISREG(now.st_mode)
	       && now.st_size < job->size && now.st_size <= at;
}
