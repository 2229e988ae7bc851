/* SPDX-License-Identifier: MIT */
#include "copy/pass.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "copy/traces.h"

/* Whether a file has become so short that its old end was not met. */
static bool
is_cut(const struct task *task)
{
	struct stat now;

	return S_ISREG(task->from.st_mode) && task->copy->length == UINT64_MAX
	       && lseek(task->in, 0, SEEK_CUR) < task->from.st_size && fstat(task->in, &now) == 0
	       && now.st_size < task->from.st_size;
}

/* What leaves the input from where it stands, behind OFFSET bytes. */
static int
skip_and_copy(struct task *task, uint64_t *copied)
{
	struct copy *copy = task->copy;
	uint64_t skipped;

	if (copy->offset && stream_skip(&copy->stream, task->in, copy->offset, &skipped) < 0)
		return -1;
	return stream_copy(&copy->stream, task->in, &task->from, copy->length, copied);
}

/* A file that is passed on, and is to leave no traces. */
struct passing {
	struct content *content;
	struct traces traces;
};

static void
has_passed(uint64_t bytes, void *context)
{
	struct passing *passing = context;
	struct content *content = passing->content;

	traces_add(&passing->traces, bytes, lseek(passing->traces.in, 0, SEEK_CUR));
	content->moved(bytes, content->context);
}

static int
pass_without_traces(struct task *task, uint64_t *copied)
{
	struct stream *stream = &task->copy->stream;
	off_t from = lseek(task->in, 0, SEEK_CUR) + (off_t)task->copy->offset;
	struct passing passing = { .content = &task->copy->content,
				   .traces = { .in = task->in,
					       .out = stream->out,
					       .first = from,
					       .shift = lseek(stream->out, 0, SEEK_CUR) - from } };
	int result, error;

	traces_open(&passing.traces, task->from.st_size);
	/* A pipe that holds the pages themselves would keep them there. */
	stream->stable = true;
	stream->moved = has_passed;
	stream->context = &passing;
	result = skip_and_copy(task, copied);
	error = errno;
	traces_close(&passing.traces, lseek(task->in, 0, SEEK_CUR));
	errno = error;
	return result;
}

int
pass_stream(struct task *task)
{
	struct copy *copy = task->copy;
	struct stream *stream = &copy->stream;
	uint64_t copied = 0;
	int result, error;

	stream->out = task->target.fd;
	stream->most = copy->content.most;
	stream->moved = copy->content.moved;
	stream->context = copy->content.context;
	stream->stable = copy->content.engine == CONTENT_READ;
	if ((copy->into && lseek(stream->out, (off_t)copy->seek, SEEK_SET) < 0)
	    || stream_open(stream) < 0) {
		copy->at_output = true;
		copy->at = 0;
		return task_fail(task, COPY_CONTENT);
	}
	result = (copy->content.uncached && S_ISREG(task->from.st_mode)
			  ? pass_without_traces
			  : skip_and_copy)(task, &copied);
	if (result == 0 && is_cut(task)) {
		stream->side = STREAM_INPUT;
		errno = ENODATA;
		result = -1;
	}
	error = errno;
	copy->at_output = stream->side == STREAM_OUTPUT;
	copy->at = (off_t)(copied + (copy->at_output ? copy->seek : copy->offset));
	stream_close(stream);
	errno = error;
	return result < 0 ? task_fail(task, COPY_CONTENT) : 0;
}

/* Where the output, a file, stands; what it has behind that is to stay, and would show through holes. */
static int
find_end(struct task *task, off_t *end)
{
	int fd = task->target.fd, flags = fcntl(fd, F_GETFL);
	struct stat status;

	*end = lseek(fd, 0, SEEK_CUR);
	if (*end < 0 || flags < 0 || fstat(fd, &status) < 0)
		return -1;
	task->copy->content.ends = !(flags & O_APPEND) && *end >= status.st_size;
	if (flags & O_APPEND)
		*end = status.st_size;
	return 0;
}

int
pass_into_file(struct task *task)
{
	struct copy *copy = task->copy;
	uint64_t skipped;
	off_t to = (off_t)copy->seek;

	copy->stream.side = STREAM_INPUT;
	copy->at_output = false;
	copy->at = 0;
	if (!copy->into && find_end(task, &to) < 0)
		return task_fail(task, COPY_CREATE);
	if (copy->offset && stream_skip(&copy->stream, task->in, copy->offset, &skipped) < 0)
		return task_fail(task, COPY_CONTENT);
	if (content_pour(&copy->content, task->in, copy->length, task->target.fd, to) == 0)
		return 0;
	return task_fail_in_content(task);
}
