/* SPDX-License-Identifier: MIT */
#include "copy/inside.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kernel/range.h"
#include "kernel/timerfd.h"

enum {
	WAIT_STEP = 1 << 22,  /* bytes before and after which the clock is read */
	WAIT_BYTES = 1 << 24, /* that tell how fast the disk is, or */
	WAIT_TIME = 50000000, /* nanoseconds that do */
	WAIT_MOST = 8,        /* times the work that may take */
	WAIT_TURNS = 3,       /* how often in a row: once is what other processes can do, too */
};

enum job_outcome
inside_reflink(struct job *job)
{
	struct stat now;

	if (!job->is_whole)
		return job_refuse(job, CONTENT_REFLINK, EINVAL);
	job->content->ways[CONTENT_REFLINK].calls++;
	if (range_clone(job->in, job->out) < 0) {
		job->content->without_reflink = job->device;
		return job_refuse(job, CONTENT_REFLINK, errno);
	}
	if (fstat(job->out, &now) == 0 && now.st_size < job->end) {
		errno = ENODATA;
		return job_fail(job, false, now.st_size);
	}
	job_count(job, CONTENT_REFLINK, (uint64_t)(job->end - job->at));
	/* What the output had behind that is cut off later. */
	job->at = job->end;
	return JOB_COPIED;
}

/* Whose error it is: the input's, if what comes next cannot be read either. */
static enum job_outcome
fail_in_range(struct job *job, off_t at)
{
	int error = errno;
	char byte;
	bool reads = error != EIO || pread(job->in, &byte, 1, at) >= 0;

	errno = error;
	return job_fail(job, reads, at);
}

/* What the kernel's copying has taken since that was looked at, to see whether it has had to wait. */
struct pace {
	int64_t time, work; /* nanoseconds, all and of this thread */
	uint64_t bytes;
	int waits; /* turns in a row that were spent with waiting */
};

/* copy_file_range(2), and, if PACE is not NULL, what that takes. */
static ssize_t
copy_some(struct job *job, off_t *from, size_t size, struct pace *pace)
{
	off_t to = *from + job->shift;
	int64_t time, work;
	ssize_t copied;
	int error;

	job->content->ways[CONTENT_RANGE].calls++;
	if (!pace)
		return range_copy(job->in, from, job->out, &to, size);
	time = timerfd_now(CLOCK_MONOTONIC);
	work = timerfd_now(CLOCK_THREAD_CPUTIME_ID);
	copied = range_copy(job->in, from, job->out, &to, size);
	error = errno;
	pace->time += timerfd_now(CLOCK_MONOTONIC) - time;
	pace->work += timerfd_now(CLOCK_THREAD_CPUTIME_ID) - work;
	pace->bytes += copied > 0 ? (uint64_t)copied : 0;
	errno = error;
	return copied;
}

/*
 * Whether most of the time is spent with waiting for a disk, which many requests at once are for. Where the
 * kernel reads far enough ahead, nothing is faster than copying within it: threads that take turns at the
 * page cache cost several times as much work, and a disk that keeps a processor half busy loses by them.
 */
static bool
is_waiting(struct pace *pace)
{
	bool waits = pace->time > WAIT_MOST * pace->work;

	if (pace->time < WAIT_TIME && pace->bytes < WAIT_BYTES)
		return false;
	*pace = (struct pace){ .waits = waits ? pace->waits + 1 : 0 };
	return pace->waits == WAIT_TURNS;
}

enum job_outcome
inside_range(struct job *job)
{
	struct content *content = job->content;
	bool has_choice = job->is_cold && content->engine == CONTENT_AUTO;
	uint64_t most = has_choice ? job_least(content->most, WAIT_STEP) : content->most;
	struct pace pace = { 0 };
	off_t from, to;

	while (job_next(job, &from, &to)) {
		while (from < to) {
			size_t size = job_least(most, (uint64_t)(to - from));
			ssize_t copied = copy_some(job, &from, size, has_choice ? &pace : NULL);

			if (copied == 0 && job_is_cut(job, from)) {
				job->at = job->end = job->limit = from;
				return JOB_COPIED;
			}
			if (copied <= 0) {
				job->at = from;
				if (copied < 0 && !range_is_refusal(errno))
					return fail_in_range(job, from);
				return job_refuse(job, CONTENT_RANGE, copied ? errno : ENODATA);
			}
			job_count(job, CONTENT_RANGE, (uint64_t)copied);
			job->written = from;
			if (has_choice && from < to && is_waiting(&pace)) {
				job->at = from;
				return job_refuse(job, CONTENT_RANGE, ETIME);
			}
		}
	}
	return JOB_COPIED;
}
