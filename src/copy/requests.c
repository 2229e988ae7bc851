/* SPDX-License-Identifier: MIT */
#include "copy/requests.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "copy/flow.h"
#include "kernel/compat.h"

enum { PAGE = 4096 };

static const enum aio_kind kinds[CONTENT_WAYS] = {
	[CONTENT_URING] = AIO_URING,
	[CONTENT_NATIVE] = AIO_NATIVE,
	[CONTENT_THREADS] = AIO_THREADS,
};

const struct hint *
requests_hints(enum content_way way)
{
	return aio_hints(kinds[way]);
}

void
requests_close(struct content *content)
{
	if (content->is_open)
		aio_close(&content->aio);
	content->is_open = false;
}

int
requests_open(struct content *content, enum content_way way)
{
	if (content->is_open && content->opened == way)
		return 0;
	requests_close(content);
	if (aio_open(&content->aio, kinds[way], content->depth) < 0)
		return -1;
	content->is_open = true;
	content->opened = way;
	return 0;
}

struct flowing {
	struct job *job;
	enum content_way way;
};

static bool
flow_next(off_t *from, off_t *to, void *context)
{
	return job_next(((struct flowing *)context)->job, from, to);
}

static void
flow_moved(uint64_t bytes, void *context)
{
	const struct flowing *flowing = context;

	job_count(flowing->job, flowing->way, bytes);
}

/* Bytes of one request: whole blocks. */
static size_t
block_of(const struct job *job)
{
	size_t block = job_least(job->content->block, job->content->most);

	block -= block % job->alignment;
	return block ? block : job->alignment;
}

static int
set_flag(int fd, int flag, bool on)
{
	int flags = fcntl(fd, F_GETFL), wanted = on ? flags | flag : flags & ~flag;

	return flags < 0 ? -1 : flags == wanted ? 0 : fcntl(fd, F_SETFL, wanted);
}

/* Not by this engine, but perhaps by another: also ECANCELED, where it may start no thread, and ENOMEM. */
static bool
is_flow_refusal(int error)
{
	return error == EINVAL || error == EOPNOTSUPP || error == ECANCELED || error == EPERM
	       || error == ENOSYS || error == ENOMEM;
}

enum job_outcome
requests_copy(struct job *job, enum content_way way)
{
	struct content *content = job->content;
	struct flowing flowing = { job, way };
	struct flow flow = { .aio = &content->aio,
			     .in = job->in,
			     .out = job->out,
			     .block = block_of(job),
			     .alignment = job->alignment,
			     .shift = job->shift,
			     .next = flow_next,
			     .moved = flow_moved,
			     .context = &flowing };
	off_t from = job->at, end = job->end;
	bool is_refused;
	int result;

	if (requests_open(content, way) < 0)
		return job_refuse(job, way, errno);
	if (content->window || content->uncached)
		flow.window = (uint64_t)flow.block * content->depth * 2;
	if (content->window)
		*content->window = flow.window;
	job->traces.behind = (off_t)flow.window;
	if (job->keeps_direct)
		job->end = from + job_round_down(end - from, job->alignment);
	/* What need not wait may be tried in vain. */
	set_flag(job->in, O_NONBLOCK, false);
	result = flow_copy(&flow);
	job->end = end;
	if (flow.bytes)
		job->written = -1; /* nobody knows in which order */
	content->ways[way].calls += flow.calls;
	is_refused = content->aio.error;
	if (is_refused) {
		int error = errno;

		requests_close(content);
		errno = error;
	}
	if (result < 0 && !flow.bytes && (is_refused || is_flow_refusal(errno))) {
		job->at = from;
		return job_refuse(job, way, errno);
	}
	if (result < 0)
		return job_fail(job, flow.at_output, flow.at - (flow.at_output ? job->shift : 0));
	if (flow.end >= 0)
		job->at = job->end = flow.end;
	return JOB_COPIED;
}

/* ---- past the page cache ---- */

/* What offsets and buffers of FD have to be multiples of for O_DIRECT; 0: it has not got that. */
static size_t
alignment_of(int fd)
{
	struct statx status;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &status) < 0
	    || !(status.stx_mask & STATX_DIOALIGN))
		return PAGE; /* nobody knows: it is tried */
	return status.stx_dio_offset_align > status.stx_dio_mem_align ? status.stx_dio_offset_align
								      : status.stx_dio_mem_align;
}

/*
 * Gives the output all its blocks at once: writes past the page cache wait for each other where a file grows,
 * but not where it has blocks. Whoever cannot do it (EOPNOTSUPP) goes on without; what is short is met again.
 */
static void
lay_out(struct job *job)
{
	const struct content *content = job->content;

	if (!content->is_apart || !content->ends || !content->is_file || job->end <= job->at
	    || job->has_holes || content->sparse == CONTENT_SPARSE_ALWAYS)
		return;
	(void)fallocate(job->out, 0, job->at + job->shift, job->end - job->at);
	job->is_long = true;
}

void
requests_begin_direct(struct job *job)
{
	size_t in = alignment_of(job->in), out = alignment_of(job->out);
	size_t alignment = in > out ? in : out;

	if (!in || !out || job->at % (off_t)alignment || job->shift % (off_t)alignment
	    || set_flag(job->in, O_DIRECT, true) < 0)
		return;
	if (set_flag(job->out, O_DIRECT, true) < 0) {
		set_flag(job->in, O_DIRECT, false);
		return;
	}
	job->alignment = alignment;
	job->keeps_direct = true;
	lay_out(job);
}

void
requests_end_direct(struct job *job)
{
	if (!job->keeps_direct)
		return;
	set_flag(job->in, O_DIRECT, false);
	set_flag(job->out, O_DIRECT, false);
	job->alignment = 1;
	job->keeps_direct = false;
}
