/* SPDX-License-Identifier: MIT */
#include "copy/stream.h"

#include <errno.h>
#include <unistd.h>

#include "copy/block.h"
#include "kernel/pipe.h"
#include "kernel/range.h"

enum {
	SMALL = 1 << 15, /* files up to this size are not worth a pipe */
	RANGE_MOST =
		1 << 26,  /* bytes at once inside a file system, so that it can be interrupted */
	NARROW = 1 << 16, /* of the kernel's own pipes */
};

/* What a way makes of the rest of the input. */
enum outcome {
	COPIED,  /* to its end, or to the limit */
	REFUSED, /* it is not to be had for these two; nothing is lost */
	FAILED,
};

/* What is being copied. */
struct job {
	struct stream *stream;
	int in;
	const struct stat *from;
	bool is_stream; /* IN is, pipe.h */
	uint64_t left, copied;
};

static size_t
least(uint64_t one, uint64_t other)
{
	return (size_t)(one < other ? one : other);
}

/* BYTES have arrived by WAY. */
static void
count(struct job *job, enum stream_way way, size_t bytes)
{
	struct stream *stream = job->stream;

	stream->ways[way].bytes += bytes;
	stream->way = way;
	job->left -= bytes;
	job->copied += bytes;
	if (stream->moved)
		stream->moved(bytes, stream->context);
}

static enum outcome
fail_on(struct job *job, enum stream_side side)
{
	job->stream->side = side;
	return FAILED;
}

static enum outcome
refuse(struct job *job, enum stream_way way)
{
	job->stream->ways[way].refused = errno;
	return REFUSED;
}

/* ---- the ways ---- */

/* Writes SIZE bytes that have been read. */
static enum outcome
give(struct job *job, const char *bytes, size_t size)
{
	struct stream *stream = job->stream;

	while (size) {
		size_t written;
		int result = pipe_write(stream->out, bytes, least(size, stream->most), &written);

		stream->ways[STREAM_MEMORY].calls++;
		count(job, STREAM_MEMORY, written);
		if (result < 0)
			return fail_on(job, STREAM_OUTPUT);
		bytes += written;
		size -= written;
	}
	return COPIED;
}

static enum outcome
by_memory(struct job *job)
{
	enum outcome outcome = COPIED;
	char *bytes;

	while (job->left && outcome == COPIED) {
		ssize_t taken = block_take(job->in, job->is_stream, job->left, &bytes);

		job->stream->ways[STREAM_MEMORY].calls++;
		if (taken < 0)
			return fail_on(job, STREAM_INPUT);
		if (taken == 0)
			break;
		outcome = give(job, bytes, (size_t)taken);
	}
	return outcome;
}

/* Whose error it is: the input's, if what comes next cannot be read either. */
static enum stream_side
side_of_range(const struct job *job)
{
	int error = errno;
	char byte;
	bool reads = error != EIO || pread(job->in, &byte, 1, lseek(job->in, 0, SEEK_CUR)) >= 0;

	errno = error;
	return reads ? STREAM_OUTPUT : STREAM_INPUT;
}

static enum outcome
by_range(struct job *job)
{
	struct stream *stream = job->stream;

	while (job->left) {
		size_t size = least(least(RANGE_MOST, stream->most), job->left);
		ssize_t copied = range_copy(job->in, NULL, stream->out, NULL, size);

		stream->ways[STREAM_RANGE].calls++;
		if (copied < 0)
			return range_is_refusal(errno) ? refuse(job, STREAM_RANGE)
						       : fail_on(job, side_of_range(job));
		if (copied == 0)
			break;
		count(job, STREAM_RANGE, (size_t)copied);
	}
	return COPIED;
}

static int
open_pipe(struct job *job)
{
	struct stream *stream = job->stream;
	ssize_t room;

	if (!stream->widened) {
		pipe_widen(stream->out, stream->pipe_size);
		stream->widened = true;
	}
	if (S_ISFIFO(job->from->st_mode))
		pipe_widen(job->in, stream->pipe_size);
	if (stream->room)
		return 0;
	room = pipe_open(stream->pipe, stream->pipe_size);
	if (room < 0)
		return -1;
	stream->room = (size_t)room;
	return 0;
}

/* The HELD bytes in our own pipe go out. */
static enum outcome
empty_pipe(struct job *job, size_t held, bool more)
{
	struct stream *stream = job->stream;
	struct job rest = {
		.stream = stream, .in = stream->pipe[0], .is_stream = true, .left = held
	};
	enum outcome outcome;

	while (held) {
		size_t size = least(held, stream->most);
		ssize_t gone = pipe_splice(stream->pipe[0], stream->out, size, more);

		stream->ways[STREAM_SPLICE].calls++;
		if (gone < 0 && pipe_is_refusal(errno)) {
			refuse(job, STREAM_SPLICE);
			rest.left = held;
			outcome = by_memory(&rest);
			job->left -= rest.copied;
			job->copied += rest.copied;
			return outcome == COPIED ? REFUSED : outcome;
		}
		if (gone < 0)
			return fail_on(job, STREAM_OUTPUT);
		held -= (size_t)gone;
		count(job, STREAM_SPLICE, (size_t)gone);
	}
	return COPIED;
}

static enum outcome
by_splice(struct job *job)
{
	struct stream *stream = job->stream;

	if (open_pipe(job) < 0)
		return refuse(job, STREAM_SPLICE);
	while (job->left) {
		size_t size = least(stream->room, job->left);
		ssize_t held = pipe_splice(job->in, stream->pipe[1], size, false);
		enum outcome outcome;

		stream->ways[STREAM_SPLICE].calls++;
		if (held < 0)
			return pipe_is_refusal(errno) ? refuse(job, STREAM_SPLICE)
						      : fail_on(job, STREAM_INPUT);
		if (held == 0)
			break;
		/* Of a full pipe's worth out of a file it is known that more follows, or nearly. */
		outcome = empty_pipe(job, (size_t)held,
				     S_ISREG(job->from->st_mode) && (size_t)held == stream->room
					     && job->copied + (size_t)held
							< (uint64_t)job->from->st_size);
		if (outcome != COPIED)
			return outcome;
	}
	return COPIED;
}

/* ---- choosing ---- */

static const char *
unfit_for_splice(const struct job *job)
{
	mode_t from = job->from->st_mode;

	if (job->stream->stable)
		return "a copy is asked for";
	if (job->left <= SMALL || (S_ISREG(from) && job->from->st_size <= SMALL))
		return "not worth a pipe up to 32K";
	if (!job->stream->splices || !job->is_stream)
		return "datagrams or packets";
	/* Of a terminal one read is one line. */
	return S_ISCHR(from) && isatty(job->in) ? "a terminal" : NULL;
}

static const char *
unfit_for_range(struct job *job)
{
	const struct stream *stream = job->stream;

	if (!S_ISREG(job->from->st_mode) || !S_ISREG(stream->to.st_mode))
		return "not from file to file";
	if (!unfit_for_splice(job) && range_is_narrow(stream->out) && open_pipe(job) == 0
	    && stream->room > NARROW)
		return "no faster on this file system";
	return NULL;
}

/* Why WAY is not worth trying; NULL: it is. Files of no size are made up as they are read. */
static const char *
unfit_for(struct job *job, enum stream_way way)
{
	if (way == STREAM_MEMORY)
		return NULL;
	if (S_ISREG(job->from->st_mode) && !job->from->st_size)
		return "a file of no size";
	return way == STREAM_RANGE ? unfit_for_range(job) : unfit_for_splice(job);
}

/*
 * Whether the input can have more, although a way has found no more. Of a file that the kernel does not
 * keep itself, all ways but read(2) believe the size that somebody says it has.
 */
static bool
is_doubtful(const struct job *job, enum stream_way way)
{
	return way != STREAM_MEMORY && job->left && S_ISREG(job->from->st_mode);
}

static enum outcome
to_true_end(struct job *job, enum stream_way way)
{
	uint64_t before = job->copied;
	enum outcome outcome = by_memory(job);

	/* Some file systems look first at whether what is open with O_DIRECT stands at a block's start. */
	if (outcome == FAILED && errno == EINVAL && job->stream->side == STREAM_INPUT
	    && job->copied == before)
		return COPIED;
	if (job->copied > before)
		job->stream->ways[way].unfit = "the file has more than it says";
	return outcome;
}

int
stream_copy(struct stream *stream, int in, const struct stat *status, uint64_t limit,
	    uint64_t *copied)
{
	static enum outcome (*const ways[])(struct job *) = {
		[STREAM_RANGE] = by_range, [STREAM_SPLICE] = by_splice, [STREAM_MEMORY] = by_memory
	};
	struct job job = { .stream = stream,
			   .in = in,
			   .from = status,
			   .is_stream = pipe_gives_stream(in, status),
			   .left = limit };
	enum outcome outcome = REFUSED;

	for (int way = 0; way < STREAM_WAYS; way++) {
		stream->ways[way].refused = 0;
		stream->ways[way].unfit = NULL;
	}
	for (int way = 0; way < STREAM_WAYS && outcome == REFUSED; way++) {
		stream->ways[way].unfit = unfit_for(&job, (enum stream_way)way);
		if (stream->ways[way].unfit)
			continue;
		outcome = ways[way](&job);
		if (outcome == COPIED && is_doubtful(&job, (enum stream_way)way))
			outcome = to_true_end(&job, (enum stream_way)way);
	}
	*copied = job.copied;
	return outcome == COPIED ? 0 : -1;
}

/* Whether IN, a file that has so much, stands LIMIT bytes further now. */
static bool
has_sought(int in, uint64_t limit)
{
	off_t at = lseek(in, 0, SEEK_CUR);
	struct stat status;

	return at >= 0 && fstat(in, &status) == 0 && S_ISREG(status.st_mode) && at < status.st_size
	       && limit <= (uint64_t)(status.st_size - at)
	       && lseek(in, at + (off_t)limit, SEEK_SET) >= 0;
}

int
stream_skip(struct stream *stream, int in, uint64_t limit, uint64_t *skipped)
{
	if (has_sought(in, limit)) {
		*skipped = limit;
		return 0;
	}
	for (*skipped = 0; *skipped < limit;) {
		ssize_t taken = pipe_read(in, block_bytes(), least(BLOCK_SIZE, limit - *skipped));

		if (taken < 0) {
			stream->side = STREAM_INPUT;
			return -1;
		}
		if (taken == 0)
			break;
		*skipped += (size_t)taken;
	}
	return 0;
}

bool
stream_is_output(const struct stat *to, int fd, const struct stat *status)
{
	bool same = status->st_dev == to->st_dev && status->st_ino == to->st_ino;

	if (S_ISBLK(status->st_mode))
		return S_ISBLK(to->st_mode) && status->st_rdev == to->st_rdev;
	if (S_ISREG(status->st_mode))
		return same && lseek(fd, 0, SEEK_CUR) < status->st_size;
	return S_ISFIFO(status->st_mode) && same;
}

int
stream_open(struct stream *stream)
{
	stream->pipe[0] = stream->pipe[1] = -1;
	stream->room = 0;
	/* So that it fails also where there is nothing to write. */
	if (!pipe_is_output(stream->out))
		return -1;
	stream->splices = pipe_is_stream(stream->out);
	return fstat(stream->out, &stream->to);
}

void
stream_close(struct stream *stream)
{
	for (int i = 0; i < 2 && stream->room; i++)
		close(stream->pipe[i]);
	stream->room = 0;
}
