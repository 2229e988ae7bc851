/* SPDX-License-Identifier: MIT */
#include "copy/content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "copy/flow.h"
#include "copy/traces.h"
#include "kernel/cache.h"
#include "kernel/compat.h"
#include "kernel/pipe.h"
#include "kernel/range.h"
#include "kernel/timerfd.h"
#include "memory.h"

enum {
	WORTH_A_QUEUE = 1 << 22, /* bytes of a file that has to be read from a disk */
	WAIT_STEP = 1 << 22,     /* of it, before and after which the clock is read */
	WAIT_BYTES = 1 << 24,    /* that tell how fast the disk is, or */
	WAIT_TIME = 50000000,    /* nanoseconds that do */
	WAIT_MOST = 3,           /* times the work takes */
	PAGE = 4096,
	HOLE = 4096,     /* zeros that make a hole, aligned */
	SMALL = 1 << 16, /* bytes that are copied as soon by one read and one write */
};

const char *const content_names[CONTENT_WAYS] = {
	[CONTENT_REFLINK] = "reflink", [CONTENT_RANGE] = "copy_file_range",
	[CONTENT_URING] = "io_uring",  [CONTENT_NATIVE] = "native_aio",
	[CONTENT_THREADS] = "threads", [CONTENT_READ] = "read_write",
};

/* What a way makes of what is left. */
enum outcome {
	COPIED,  /* to its end */
	REFUSED, /* it is not to be had for these two; what it has copied is not left any more */
	FAILED,
};

/* What is being copied. */
struct job {
	struct content *content;
	int in, out;
	off_t at, end;    /* of the input: what is left */
	off_t limit;      /* what may be left if it grows */
	off_t shift;      /* from there to the place in the output */
	dev_t device;     /* that the input is on */
	off_t base;       /* where a stream that is a file begins; else 0 */
	off_t size;       /* that it is said to have */
	off_t written;    /* what is behind this, in the input's offsets, was not written */
	size_t alignment; /* of all but the end */
	bool makes_holes;
	bool has_holes;
	bool is_file;         /* the output is one, which has an end, and is no disk */
	bool is_whole;        /* all of the input is to be all of the output */
	bool is_stream;       /* the input is read from where it stands */
	struct traces traces; /* of it in the page cache */
	bool keeps_direct;    /* both descriptors have O_DIRECT */
	bool is_cold;         /* nothing of the input is in the page cache */
};

static size_t
least(uint64_t one, uint64_t other)
{
	return (size_t)(one < other ? one : other);
}

static off_t
round_down(off_t at, size_t alignment)
{
	return at - at % (off_t)alignment;
}

/* BYTES have arrived by WAY. */
static void
count(struct job *job, enum content_way way, uint64_t bytes)
{
	struct content *content = job->content;

	content->ways[way].bytes += bytes;
	if (content->uncached && traces_add(&job->traces, bytes, job->base + job->at) < 0)
		content->lost = errno; /* the kernel tells it once */
	if (content->moved && bytes)
		content->moved(bytes, content->context);
}

/* The error, errno, was met at AT of the input, or where that is in the output. */
static enum outcome
fail_at(struct job *job, bool at_output, off_t at)
{
	job->content->at_output = at_output;
	job->content->at = at + (at_output ? job->shift : 0);
	return FAILED;
}

static enum outcome
refuse(struct job *job, enum content_way way, int error)
{
	job->content->ways[way].refused = error;
	return REFUSED;
}

/* ---- holes ---- */

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
	off_t most = round_down(from + TRACES_STEP, job->alignment);

	if (*to > most)
		*to = most;
	traces_reach(&job->traces, job->base + from, job->base + *to);
}

/*
 * Takes from what is left the next part that is no hole, and what is before it; false: there is none.
 * Whatever happens to the file meanwhile, this comes to an end.
 */
static bool
next_part(struct job *job, off_t *from, off_t *to)
{
	off_t data = job->at, hole = job->end;

	if (job->has_holes && data < job->end)
		data = find_data(job, job->at, &hole);
	data = round_down(data, job->alignment);
	*from = data < job->at ? job->at : data;
	hole = round_down(hole + (off_t)job->alignment - 1, job->alignment);
	*to = hole <= *from || hole > job->end ? job->end : hole;
	if (job->content->uncached && *from < *to)
		reach_part(job, *from, to);
	job->at = *to;
	return *from < *to;
}

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
		size_t block = least(size - length, HOLE - (uint64_t)(at + (off_t)length) % HOLE);
		bool is = is_zero(bytes + length, block);

		if (!length)
			*zero = is;
		if (is != *zero)
			break;
		length += block;
	}
	return length;
}

char *
content_space(struct content *content)
{
	if (!content->space)
		content->space = memory_get(CONTENT_SPACE + PAGE);
	/* To where no page begins, the kernel copies at half the speed. */
	return content->space + (-(uintptr_t)content->space & (PAGE - 1));
}

/* ---- the ways ---- */

static enum outcome
by_reflink(struct job *job)
{
	struct stat now;
	if (!job->is_whole)
		return refuse(job, CONTENT_REFLINK, EINVAL);
	job->content->ways[CONTENT_REFLINK].calls++;
	if (range_clone(job->in, job->out) < 0) {
		job->content->without_reflink = job->device;
		return refuse(job, CONTENT_REFLINK, errno);
	}
	if (fstat(job->out, &now) == 0 && now.st_size < job->end) {
		errno = ENODATA;
		return fail_at(job, false, now.st_size);
	}
	count(job, CONTENT_REFLINK, (uint64_t)(job->end - job->at));
	/* What the output had behind that is cut off later. */
	job->at = job->end;
	return COPIED;
}

/* Whose error it is: the input's, if what comes next cannot be read either. */
static enum outcome
fail_in_range(struct job *job, off_t at)
{
	int error = errno;
	char byte;
	bool reads = error != EIO || pread(job->in, &byte, 1, at) >= 0;

	errno = error;
	return fail_at(job, reads, at);
}

/* Whether the input, which is a file, has become so short that it ends AT, or before. */
static bool
is_cut(const struct job *job, off_t at)
{
	struct stat now;

	return at < job->size && fstat(job->in, &now) == 0 && S_ISREG(now.st_mode)
	       && now.st_size < job->size && now.st_size <= at;
}

/* What the copying has taken so far, to see whether it has had to wait. */
struct pace {
	int64_t time, work; /* nanoseconds since the machine began, and of this thread */
	uint64_t bytes;
};

static struct pace
take_pace(const struct job *job)
{
	return (struct pace){ timerfd_now(CLOCK_MONOTONIC), timerfd_now(CLOCK_THREAD_CPUTIME_ID),
			      job->content->ways[CONTENT_RANGE].bytes };
}

/*
 * Whether most of the time SINCE then has been spent with waiting for a disk, which many requests at once are
 * for. Where the kernel reads far enough ahead, nothing is faster than copying within it.
 */
static bool
is_waiting(const struct job *job, const struct pace *since)
{
	struct pace now = take_pace(job);
	int64_t time = now.time - since->time;

	return (time >= WAIT_TIME || now.bytes - since->bytes >= WAIT_BYTES)
	       && time > WAIT_MOST * (now.work - since->work);
}

static enum outcome
by_range(struct job *job)
{
	struct content *content = job->content;
	bool has_choice = job->is_cold && content->engine == CONTENT_AUTO;
	uint64_t most = has_choice ? least(content->most, WAIT_STEP) : content->most;
	struct pace since = { 0 };
	off_t from, to;

	if (has_choice)
		since = take_pace(job);
	while (next_part(job, &from, &to)) {
		while (from < to) {
			off_t out_at = from + job->shift;
			size_t size = least(most, (uint64_t)(to - from));
			ssize_t copied = range_copy(job->in, &from, job->out, &out_at, size);

			content->ways[CONTENT_RANGE].calls++;
			if (copied == 0 && is_cut(job, from)) {
				job->at = job->end = job->limit = from;
				return COPIED;
			}
			if (copied <= 0) {
				job->at = from;
				if (copied < 0 && !range_is_refusal(errno))
					return fail_in_range(job, from);
				return refuse(job, CONTENT_RANGE, copied ? errno : ENODATA);
			}
			count(job, CONTENT_RANGE, (uint64_t)copied);
			job->written = from;
			if (has_choice && from < to && is_waiting(job, &since)) {
				job->at = from;
				return refuse(job, CONTENT_RANGE, ETIME);
			}
		}
	}
	return COPIED;
}

/* Writes SIZE bytes that belong to AT of the input. */
static enum outcome
write_all(struct job *job, const char *bytes, size_t size, off_t at)
{
	struct content *content = job->content;

	while (size) {
		ssize_t written =
			pwrite(job->out, bytes, least(size, content->most), at + job->shift);

		if (written < 0 && errno == EINTR)
			continue;
		content->ways[CONTENT_READ].calls++;
		if (!written)
			errno = EIO;
		if (written <= 0)
			return fail_at(job, true, at);
		count(job, CONTENT_READ, (uint64_t)written);
		bytes += written;
		size -= (size_t)written;
		at += written;
		job->written = at;
	}
	return COPIED;
}

/* The same, but zeros may become holes. */
static enum outcome
give(struct job *job, const char *bytes, size_t size, off_t at)
{
	enum outcome outcome = COPIED;

	if (!job->makes_holes || job->content->sparse != CONTENT_SPARSE_ALWAYS)
		return write_all(job, bytes, size, at);
	while (size && outcome == COPIED) {
		bool zero;
		size_t length = run_of(bytes, size, at + job->shift, &zero);

		if (zero)
			count(job, CONTENT_READ, length);
		else
			outcome = write_all(job, bytes, length, at);
		bytes += length;
		size -= length;
		at += (off_t)length;
	}
	return outcome;
}

/* From FROM to TO of the input, as far as there is something. */
static enum outcome
read_part(struct job *job, off_t from, off_t to)
{
	enum outcome outcome = COPIED;
	char *bytes = content_space(job->content);

	while (from < to && outcome == COPIED) {
		/* More than there is shows that there is no more. */
		off_t most = to == job->end ? job->limit : to;
		size_t wanted = least((uint64_t)(most - from), CONTENT_SPACE);
		ssize_t got = job->is_stream ? pipe_read(job->in, bytes, wanted)
					     : pread(job->in, bytes, wanted, from);

		if (got < 0 && errno == EINTR)
			continue;
		job->content->ways[CONTENT_READ].calls++;
		if (got < 0)
			return fail_at(job, false, from);
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

static enum outcome
by_read(struct job *job)
{
	enum outcome outcome = COPIED;
	off_t from, to;

	while (outcome == COPIED && next_part(job, &from, &to))
		outcome = read_part(job, from, to);
	return outcome;
}

/* ---- many requests at once ---- */

static const enum aio_kind kinds[CONTENT_WAYS] = {
	[CONTENT_URING] = AIO_URING,
	[CONTENT_NATIVE] = AIO_NATIVE,
	[CONTENT_THREADS] = AIO_THREADS,
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
	return way < CONTENT_READ ? aio_hints(kinds[way]) : NULL;
}

static void
close_engine(struct content *content)
{
	if (content->is_open)
		aio_close(&content->aio);
	content->is_open = false;
}

/* Opens the engine of WAY, unless it is. -1 with errno. */
static int
open_engine(struct content *content, enum content_way way)
{
	if (content->is_open && content->opened == way)
		return 0;
	close_engine(content);
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
	return next_part(((struct flowing *)context)->job, from, to);
}

static void
flow_moved(uint64_t bytes, void *context)
{
	const struct flowing *flowing = context;

	count(flowing->job, flowing->way, bytes);
}

/* Bytes of one request: whole blocks. */
static size_t
block_of(const struct job *job)
{
	size_t block = least(job->content->block, job->content->most);

	block -= block % job->alignment;
	return block ? block : job->alignment;
}

static int
set_flag(int fd, int flag, bool on)
{
	int flags = fcntl(fd, F_GETFL), wanted = on ? flags | flag : flags & ~flag;

	return flags < 0 ? -1 : flags == wanted ? 0 : fcntl(fd, F_SETFL, wanted);
}

/* Not by this engine, but perhaps by another: also ECANCELED, where it may start no thread. */
static bool
is_flow_refusal(int error)
{
	return error == EINVAL || error == EOPNOTSUPP || error == ECANCELED || error == EPERM
	       || error == ENOSYS;
}

static enum outcome
by_flow(struct job *job, enum content_way way)
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

	if (open_engine(content, way) < 0)
		return refuse(job, way, errno);
	if (content->window || content->uncached)
		flow.window = (uint64_t)flow.block * content->depth * 2;
	if (content->window)
		*content->window = flow.window;
	job->traces.behind = (off_t)flow.window;
	if (job->keeps_direct)
		job->end = from + round_down(end - from, job->alignment);
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

		close_engine(content);
		errno = error;
	}
	if (result < 0 && !flow.bytes && (is_refused || is_flow_refusal(errno))) {
		job->at = from;
		return refuse(job, way, errno);
	}
	if (result < 0)
		return fail_at(job, flow.at_output, flow.at - (flow.at_output ? job->shift : 0));
	if (flow.end >= 0)
		job->at = job->end = flow.end;
	return COPIED;
}

/* ---- past the page cache ---- */

/* What offsets and buffers of FD have to be multiples of for O_DIRECT; 0: it has not got that. */
static size_t
alignment_of(int fd)
{
	struct statx status;

	if (statx(fd, "", AT_EMPTY_PATH, STATX_DIOALIGN, &status) < 0
	    || !(status.stx_mask & STATX_DIOALIGN))
		return HOLE; /* nobody knows: it is tried */
	return status.stx_dio_offset_align > status.stx_dio_mem_align ? status.stx_dio_offset_align
								      : status.stx_dio_mem_align;
}

/* Reads and writes past the page cache from here on, if both files can do it at these offsets. */
static void
begin_direct(struct job *job)
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
}

static void
end_direct(struct job *job)
{
	if (!job->keeps_direct)
		return;
	set_flag(job->in, O_DIRECT, false);
	set_flag(job->out, O_DIRECT, false);
	job->alignment = 1;
	job->keeps_direct = false;
}

/* ---- all of it ---- */

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

static enum outcome
go(struct job *job, enum content_way way)
{
	switch (way) {
	case CONTENT_REFLINK:
		return by_reflink(job);
	case CONTENT_RANGE:
		return by_range(job);
	case CONTENT_READ:
		return by_read(job);
	default:
		return by_flow(job, way);
	}
}

/* Looks what of the files is in the page cache now. */
static void
look_for_traces(struct job *job)
{
	job->traces = (struct traces){ .in = job->in,
				       .out = job->out,
				       .first = job->at + job->base,
				       .shift = job->shift - job->base,
				       .is_new = job->content->ends };
	traces_open(&job->traces, job->base + job->size);
}

static void
close_traces(struct job *job)
{
	if (traces_close(&job->traces, job->base + job->at) < 0)
		job->content->lost = errno;
}

/* Copies what the file has by now, the best way first. */
static enum outcome
go_all_ways(struct job *job)
{
	struct content *content = job->content;
	enum outcome outcome = REFUSED;

	job->is_cold = job->end - job->at >= WORTH_A_QUEUE
		       && cache_is_cold(job->in, job->at, job->end - job->at);
	if (job->is_cold)
		cache_expect_all(job->in);
	if (content->uncached)
		look_for_traces(job);
	if (content->direct)
		begin_direct(job);
	for (int way = 0; way < CONTENT_WAYS && outcome == REFUSED; way++) {
		content->ways[way].refused = 0;
		if (way == CONTENT_READ)
			end_direct(job);
		if (is_fit(job, way))
			outcome = go(job, way);
	}
	end_direct(job);
	return outcome;
}

/*
 * The output ends with a hole, which nobody has written, or has more than the input, which was cut when
 * that had been read already.
 */
static enum outcome
set_end(struct job *job)
{
	off_t end = job->at + job->shift;
	struct stat status;

	if (fstat(job->out, &status) < 0)
		return fail_at(job, true, job->at);
	if ((status.st_size < end || (status.st_size > end && job->content->ends))
	    && ftruncate(job->out, end) < 0)
		return fail_at(job, true, job->at);
	return COPIED;
}

/* What is left when the ways have been gone, and their errors. */
static int
finish(struct job *job, enum outcome outcome)
{
	int error;

	if (outcome == COPIED && job->written < job->at && job->is_file)
		outcome = set_end(job);
	error = errno;
	if (job->content->uncached)
		close_traces(job);
	if (outcome == COPIED && job->content->lost) {
		error = job->content->lost;
		outcome = fail_at(job, true, job->at);
	}
	errno = error;
	return outcome == COPIED ? 0 : -1;
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
	enum outcome outcome;
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
	if (outcome == REFUSED) {
		errno = content->ways[content->engine].refused;
		outcome = fail_at(&job, true, from);
	}
	/* It may have grown, or say nothing of its size. */
	if (outcome == COPIED && job.at < job.limit) {
		job.end = job.limit;
		job.has_holes = false;
		outcome = by_read(&job);
	}
	/* Of holes nobody knows whether they were there, or have been cut off. */
	if (outcome == COPIED && !job.is_stream && is_cut(&job, was_sparse ? whole - 1 : job.at)) {
		errno = ENODATA;
		outcome = fail_at(&job, false, job.at);
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

	if (fstat(in, &status) == 0 && S_ISREG(status.st_mode) && base >= 0) {
		job.base = base;
		job.size = status.st_size > base ? status.st_size - base : 0;
	}
	job.limit = job.end;
	content->lost = 0;
	job.makes_holes = content->ends && job.is_file && content->sparse != CONTENT_SPARSE_NEVER;
	if (content->uncached)
		look_for_traces(&job);
	return finish(&job, by_read(&job));
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
		return open_engine(content, content->engine);
	default:
		return 0;
	}
}

void
content_close(struct content *content)
{
	close_engine(content);
	free(content->space);
	content->space = NULL;
}
