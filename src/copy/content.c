/* SPDX-License-Identifier: MIT */
#include "copy/content.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "copy/flow.h"
#include "kernel/compat.h"
#include "kernel/range.h"
#include "memory.h"

enum {
	PROBES = 4,              /* places of a file at which it is looked whether it is cached */
	WORTH_A_QUEUE = 1 << 22, /* bytes of a file that has to be read from a disk */
	HOLE = 4096,             /* zeros that make a hole, aligned */
	SMALL = 1 << 16,         /* bytes that are copied as soon by one read and one write */
	CACHED_MOST = 1 << 23,   /* bytes that may be in the page cache for a while */
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
	off_t size;       /* that it is said to have */
	off_t written;    /* what is behind this, in the input's offsets, was not written */
	size_t alignment; /* of all but the end */
	bool has_holes;
	bool is_whole;     /* all of the input is to be all of the output */
	bool was_cold;     /* nothing of the input was in the page cache, as far as was looked */
	uint64_t cached;   /* bytes that may be there now */
	bool keeps_direct; /* both descriptors have O_DIRECT */
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

/*
 * What has been copied so far does not stay in the page cache: it has to be on the disk for that. What
 * others had put there of the input, stays.
 */
static void
drop_cached(struct job *job)
{
	job->cached = 0;
	sync_file_range(job->out, 0, 0,
			SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE
				| SYNC_FILE_RANGE_WAIT_AFTER);
	posix_fadvise(job->out, 0, 0, POSIX_FADV_DONTNEED);
	if (job->was_cold)
		posix_fadvise(job->in, 0, 0, POSIX_FADV_DONTNEED);
}

/* BYTES have arrived by WAY. */
static void
count(struct job *job, enum content_way way, uint64_t bytes)
{
	struct content *content = job->content;

	content->ways[way].bytes += bytes;
	job->cached += bytes;
	if (content->uncached && job->cached >= CACHED_MOST)
		drop_cached(job);
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
		content->space = memory_get(CONTENT_SPACE);
	return content->space;
}

/* ---- the ways ---- */

static enum outcome
by_reflink(struct job *job)
{
	job->content->ways[CONTENT_REFLINK].calls++;
	if (range_clone(job->in, job->out) < 0) {
		job->content->without_reflink = job->device;
		return refuse(job, CONTENT_REFLINK, errno);
	}
	count(job, CONTENT_REFLINK, (uint64_t)(job->end - job->at));
	job->at = job->written = job->end;
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

static enum outcome
by_range(struct job *job)
{
	struct content *content = job->content;
	off_t from, to;

	while (next_part(job, &from, &to)) {
		while (from < to) {
			off_t out_at = from + job->shift;
			size_t size = least(content->most, (uint64_t)(to - from));
			ssize_t copied = range_copy(job->in, &from, job->out, &out_at, size);

			content->ways[CONTENT_RANGE].calls++;
			if (copied <= 0) {
				job->at = from;
				if (copied < 0 && !range_is_refusal(errno))
					return fail_in_range(job, from);
				return refuse(job, CONTENT_RANGE, copied ? errno : ENODATA);
			}
			count(job, CONTENT_RANGE, (uint64_t)copied);
			job->written = from;
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

	if (job->content->sparse != CONTENT_SPARSE_ALWAYS)
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
		ssize_t got = pread(job->in, bytes, wanted, from);

		if (got < 0 && errno == EINTR)
			continue;
		job->content->ways[CONTENT_READ].calls++;
		if (got < 0)
			return fail_at(job, false, from);
		outcome = give(job, bytes, (size_t)got, from);
		from += got;
		job->at = from;
		/* A file that is as long as it says gives less at its end only. */
		if (!got || ((size_t)got < wanted && job->size && from >= job->size))
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

static enum outcome
by_flow(struct job *job, enum content_way way)
{
	struct content *content = job->content;
	struct flowing flowing = { job, way };
	struct flow flow = { .aio = &content->aio,
			     .in = job->in,
			     .out = job->out,
			     .block = least(content->block, content->most),
			     .alignment = job->alignment,
			     .shift = job->shift,
			     .next = flow_next,
			     .moved = flow_moved,
			     .context = &flowing };
	off_t from = job->at, end = job->end;
	int result;

	if (open_engine(content, way) < 0)
		return refuse(job, way, errno);
	if (job->keeps_direct)
		job->end = from + round_down(end - from, job->alignment);
	result = flow_copy(&flow);
	job->end = end;
	content->ways[way].calls += flow.calls;
	if (result < 0 && !flow.bytes && (errno == EINVAL || errno == EOPNOTSUPP)) {
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

/* Whether nothing of the input is in the page cache, as far as a few looks can tell. */
static bool
is_cold(const struct job *job)
{
	off_t part = (job->end - job->at) / PROBES;
	char byte;

	for (int i = 0; i < PROBES; i++)
		if (preadv2(job->in, &(struct iovec){ &byte, 1 }, 1, job->at + i * part, RWF_NOWAIT)
			    >= 0
		    || errno != EAGAIN)
			return false;
	return true;
}

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

static int
set_direct(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	return fcntl(fd, F_SETFL, on ? flags | O_DIRECT : flags & ~O_DIRECT);
}

/* Reads and writes past the page cache from here on, if both files can do it at these offsets. */
static void
begin_direct(struct job *job)
{
	size_t in = alignment_of(job->in), out = alignment_of(job->out);
	size_t alignment = in > out ? in : out;

	if (!in || !out || job->at % (off_t)alignment || job->shift % (off_t)alignment
	    || set_direct(job->in, true) < 0)
		return;
	if (set_direct(job->out, true) < 0) {
		set_direct(job->in, false);
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
	set_direct(job->in, false);
	set_direct(job->out, false);
	job->alignment = 1;
	job->keeps_direct = false;
}

/* ---- all of it ---- */

/* Whether WAY is to be tried for what is left. */
static bool
is_fit(const struct job *job, enum content_way way, bool cold)
{
	const struct content *content = job->content;

	if (content->engine != CONTENT_AUTO)
		return way == content->engine;
	switch (way) {
	case CONTENT_REFLINK:
		return !content->no_reflink && !content->direct && job->is_whole
		       && content->sparse == CONTENT_SPARSE_AUTO
		       && content->without_reflink != job->device;
	case CONTENT_RANGE:
		return !content->direct && !content->uncached && job->end - job->at > SMALL
		       && content->sparse == CONTENT_SPARSE_AUTO && !cold;
	case CONTENT_NATIVE:
		return job->keeps_direct;
	case CONTENT_URING:
	case CONTENT_THREADS:
		return (job->keeps_direct || cold) && content->sparse != CONTENT_SPARSE_ALWAYS;
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

/* Copies what the file has by now, the best way first. */
static enum outcome
go_all_ways(struct job *job)
{
	struct content *content = job->content;
	bool cold;
	enum outcome outcome = REFUSED;

	if (job->end - job->at >= WORTH_A_QUEUE || content->uncached)
		job->was_cold = is_cold(job);
	cold = job->was_cold && job->end - job->at >= WORTH_A_QUEUE;
	if (content->direct)
		begin_direct(job);
	for (int way = 0; way < CONTENT_WAYS && outcome == REFUSED; way++) {
		content->ways[way].refused = 0;
		if (way == CONTENT_READ)
			end_direct(job);
		if (is_fit(job, way, cold))
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
			   .is_whole = !from && !to && length == UINT64_MAX };
	enum outcome outcome;

	if (length < (uint64_t)(INT64_MAX - from))
		job.limit = from + (off_t)length;
	if (job.end > job.limit)
		job.end = job.limit;
	if (job.end < from)
		job.end = from;
	job.has_holes = content->sparse != CONTENT_SPARSE_NEVER
			&& status->st_blocks < status->st_size / 512;
	outcome = go_all_ways(&job);
	if (outcome == REFUSED) {
		errno = content->ways[content->engine].refused;
		fail_at(&job, true, from);
		return -1;
	}
	/* It may have grown, or say nothing of its size. */
	if (outcome == COPIED && job.at < job.limit) {
		job.end = job.limit;
		job.has_holes = false;
		outcome = by_read(&job);
	}
	if (outcome == COPIED && job.written < job.at)
		outcome = set_end(&job);
	if (content->uncached)
		drop_cached(&job);
	return outcome == COPIED ? 0 : -1;
}

void
content_close(struct content *content)
{
	close_engine(content);
	free(content->space);
	content->space = NULL;
}
