/* SPDX-License-Identifier: MIT */
#include "copy/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* One copy that is under way. */
struct job {
	struct copy *copy;
	int in;
	struct stat from;
	struct target target;
};

static int
fail_at(struct job *job, enum copy_step step)
{
	job->copy->step = step;
	return -1;
}

/* Whether the target stays as it is: it is there, or is not older. */
static bool
is_left(const struct job *job)
{
	const struct timespec *source = &job->from.st_mtim, *there = &job->target.status.st_mtim;

	if (!job->target.exists || job->copy->which == COPY_ALL)
		return false;
	return job->copy->which == COPY_MISSING || source->tv_sec < there->tv_sec
	       || (source->tv_sec == there->tv_sec && source->tv_nsec <= there->tv_nsec);
}

static bool
is_same(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/* Whether the new file belongs to whom the old one does. */
static bool
keep_owner(const struct target *target)
{
	struct stat now;

	return fstat(target->fd, &now) == 0
	       && ((now.st_uid == target->status.st_uid && now.st_gid == target->status.st_gid)
		   || fchown(target->fd, target->status.st_uid, target->status.st_gid) == 0);
}

/* What was there keeps what it had besides its content. */
static int
keep_old(struct job *job)
{
	struct target *target = &job->target;
	int old = openat(target->folder, target->name,
			 O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int result, error;

	if (!keep_owner(target)) {
		job->copy->bar = TARGET_IS_ANOTHERS;
		return fail_at(job, COPY_BARRED);
	}
	result = attributes_copy(old, &target->status, target->fd,
				 ATTRIBUTES_MODE | (old < 0 ? 0 : ATTRIBUTES_EXTENDED),
				 &job->copy->failed);
	error = errno;
	if (old >= 0)
		close(old);
	errno = error;
	return result < 0 ? fail_at(job, COPY_ATTRIBUTES) : 0;
}

static int
copy_attributes(struct job *job)
{
	struct copy *copy = job->copy;
	struct target *target = &job->target;

	copy->failed = 0;
	if (target->exists && *target->temporary && S_ISREG(target->status.st_mode)
	    && keep_old(job) < 0)
		return -1;
	if (copy->keeps
	    && attributes_copy(job->in, &job->from, target->fd, copy->keeps, &copy->failed) < 0)
		return fail_at(job, COPY_ATTRIBUTES);
	return 0;
}

/* ---- reading back ---- */

static ssize_t
read_at(int fd, char *bytes, size_t size, off_t at)
{
	size_t done = 0;

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
	return (ssize_t)done;
}

/* Where the SIZE bytes differ. */
static size_t
first_difference(const char *one, const char *other, size_t size)
{
	size_t at = 0;

	while (at < size && one[at] == other[at])
		at++;
	return at;
}

/* Compares what FD has with the source, from the disk where that can be had. */
static int
compare(struct job *job, int fd)
{
	struct copy *copy = job->copy;
	size_t half = CONTENT_SPACE / 2;
	char *there = content_space(&copy->content), *here = there + half;
	uint64_t left = copy->length;
	off_t at = 0;

	fsync(fd);
	posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	while (left) {
		size_t wanted = left < half ? (size_t)left : half;
		ssize_t got = read_at(job->in, here, wanted, (off_t)copy->offset + at), read;
		size_t same;

		copy->at_output = got >= 0;
		copy->at = at + (off_t)(copy->at_output ? copy->seek : copy->offset);
		/* Behind the end of a whole copy there is nothing. */
		read = got < 0 ? -1
			       : read_at(fd, there, copy->into ? (size_t)got : wanted,
					 (off_t)copy->seek + at);
		if (got < 0 || read < 0)
			return fail_at(job, COPY_READ_BACK);
		same = first_difference(here, there, (size_t)(got < read ? got : read));
		copy->at += (off_t)same;
		if (got != read || same < (size_t)got)
			return fail_at(job, COPY_DIFFERS);
		if ((size_t)got < wanted)
			break;
		at += got;
		left -= (uint64_t)got;
	}
	return 0;
}

/* ---- copying ---- */

/* What is to stay of the target is there before the part comes. */
static int
prepare(struct job *job)
{
	struct copy *copy = job->copy;
	struct target *target = &job->target;
	bool exists = target->exists && S_ISREG(target->status.st_mode);
	int old, result;

	if (!*target->temporary) {
		if (S_ISREG(target->status.st_mode) && !copy->into && ftruncate(target->fd, 0) < 0)
			return fail_at(job, COPY_CREATE);
		return 0;
	}
	if (!copy->into || !exists)
		return 0;
	old = openat(target->folder, target->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (old < 0)
		return fail_at(job, COPY_READ_BACK);
	result = content_copy(&copy->content, old, &target->status, 0, UINT64_MAX, target->fd, 0);
	if (result < 0) {
		copy->at_output = copy->content.at_output;
		copy->at = copy->content.at;
		fail_at(job, COPY_CONTENT);
	}
	close(old);
	return result;
}

static bool
is_regular(const struct target *target)
{
	return *target->temporary || S_ISREG(target->status.st_mode);
}

/* To or from what is no regular file. */
static int
pass_on(struct job *job)
{
	struct copy *copy = job->copy;
	struct stream *stream = &copy->stream;
	uint64_t copied = 0, skipped = 0;
	int result, error;

	stream->out = job->target.fd;
	stream->most = copy->content.most;
	stream->moved = copy->content.moved;
	stream->context = copy->content.context;
	if ((copy->into && lseek(stream->out, (off_t)copy->seek, SEEK_SET) < 0)
	    || stream_open(stream) < 0) {
		copy->at_output = true;
		copy->at = 0;
		return fail_at(job, COPY_CONTENT);
	}
	result = copy->offset ? stream_skip(stream, job->in, copy->offset, &skipped) : 0;
	if (result == 0)
		result = stream_copy(stream, job->in, &job->from, copy->length, &copied);
	error = errno;
	copy->at_output = stream->side == STREAM_OUTPUT;
	copy->at = (off_t)(copied + (copy->at_output ? copy->seek : copy->offset));
	stream_close(stream);
	errno = error;
	return result < 0 ? fail_at(job, COPY_CONTENT) : 0;
}

static int
copy_content(struct job *job)
{
	struct copy *copy = job->copy;
	struct content *content = &copy->content;

	if (!S_ISREG(job->from.st_mode) || !is_regular(&job->target))
		return pass_on(job);
	content->ends = !copy->into;
	if (content_copy(content, job->in, &job->from, (off_t)copy->offset, copy->length,
			 job->target.fd, (off_t)copy->seek)
	    == 0)
		return 0;
	copy->at_output = content->at_output;
	copy->at = content->at;
	return fail_at(job,
		       content->engine != CONTENT_AUTO && content->ways[content->engine].refused
			       ? COPY_ENGINE
			       : COPY_CONTENT);
}

static int
fill(struct job *job)
{
	struct copy *copy = job->copy;

	if (prepare(job) < 0 || copy_content(job) < 0)
		return -1;
	if (copy->verify && compare(job, job->target.fd) < 0)
		return -1;
	return copy_attributes(job);
}

/* To what is open as OUT, and is not made anew. */
static int
copy_to_open(struct job *job, int out)
{
	job->target = (struct target){ .fd = out };
	if (fstat(out, &job->target.status) < 0)
		return fail_at(job, COPY_CREATE);
	return fill(job);
}

static int
copy_into(struct job *job, int to_folder, const char *to)
{
	struct copy *copy = job->copy;
	struct target *target = &job->target;
	mode_t mode = copy->keeps & ATTRIBUTES_MODE ? 0600 : job->from.st_mode & 0777;
	int result, error;

	if (target_open(target, to_folder, to, mode, copy->in_place) < 0) {
		copy->bar = target->bar;
		if (target->bar && is_same(&job->from, &target->status))
			return fail_at(job, COPY_IS_SAME);
		return fail_at(job, target->bar ? COPY_BARRED : COPY_CREATE);
	}
	if (target->exists && is_same(&job->from, &target->status))
		result = fail_at(job, COPY_IS_SAME);
	else if (is_left(job))
		result = 1;
	else
		result = fill(job);
	error = errno;
	if (result) {
		target_abandon(target);
	} else if (target_finish(target, copy->sync) < 0) {
		error = errno;
		result = fail_at(job, COPY_FINISH);
	}
	errno = error;
	return result;
}

int
copy_open_file(struct copy *copy, int in, int to_folder, const char *to)
{
	struct job job = { .copy = copy, .in = in };
	int result;

	if (fstat(in, &job.from) < 0)
		result = fail_at(&job, COPY_OPEN);
	else if (S_ISDIR(job.from.st_mode))
		result = fail_at(&job, COPY_IS_FOLDER);
	else
		result = to ? copy_into(&job, to_folder, to) : copy_to_open(&job, to_folder);
	copy->files += !result;
	copy->skipped += result > 0;
	return result < 0 ? -1 : 0;
}

int
copy_file(struct copy *copy, int from_folder, const char *from, int to_folder, const char *to)
{
	int in = openat(from_folder, from, O_RDONLY | O_CLOEXEC | O_NOCTTY), result, error;

	if (in < 0) {
		copy->step = COPY_OPEN;
		return -1;
	}
	result = copy_open_file(copy, in, to_folder, to);
	error = errno;
	close(in);
	errno = error;
	return result;
}
