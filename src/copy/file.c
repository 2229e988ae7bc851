/* SPDX-License-Identifier: MIT */
#include "copy/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "copy/part.h"
#include "copy/partial.h"
#include "copy/traces.h"
#include "copy/verify.h"
#include "kernel/cache.h"
#include "kernel/capability.h"
#include "kernel/range.h"

/* One copy that is under way. */
struct job {
	struct copy *copy;
	int in;
	bool is_stream; /* IN is read from where it stands */
	bool inherits;  /* attributes.h */
	struct stat from;
	struct target target;
	bool is_forced; /* the target cannot be written in place */
	int lost;   /* errno of what COPY says of attributes that TARGET could not be given; 0 */
	off_t done; /* bytes that are there already: of */
	struct part part;
	void (*moved)(uint64_t bytes, void *context); /* CONTENT's own, while a part is made */
	void *context;
};

static int
fail_at(struct job *job, enum copy_step step)
{
	job->copy->step = step;
	return -1;
}

static int
fail_barred(struct job *job, enum target_bar bar)
{
	job->copy->bar = bar;
	return fail_at(job, COPY_BARRED);
}

/* Whether it can be read at any place, and again. */
static bool
has_places(mode_t mode)
{
	return S_ISREG(mode) || S_ISBLK(mode);
}

static mode_t
mode_of_target(const struct target *target)
{
	return target->is_made ? S_IFREG : target->status.st_mode;
}

/* ---- what is left alone ---- */

static bool
is_newer(const struct timespec *one, const struct timespec *other)
{
	return one->tv_sec != other->tv_sec ? one->tv_sec > other->tv_sec
					    : one->tv_nsec > other->tv_nsec;
}

/*
 * Whether THERE, which has the content already, may get what the source has besides. What is somebody
 * else's may be written by that one later, and other names are no copies.
 */
static bool
may_be_given(const struct job *job, const struct stat *there)
{
	const struct stat *from = &job->from;
	bool is_given = there->st_uid == from->st_uid && there->st_gid == from->st_gid
			&& there->st_mode == from->st_mode
			&& !is_newer(&there->st_mtim, &from->st_mtim)
			&& !is_newer(&from->st_mtim, &there->st_mtim);

	if (!job->copy->keeps)
		return true;
	return (there->st_uid == geteuid() || there->st_uid == from->st_uid)
	       && (there->st_nlink == 1 || is_given);
}

/* Whether what is FOUND at PLACE has the content of the source; then it gets what else that has. */
static int
has_content(struct job *job, const struct place *place, const struct stat *found)
{
	struct copy *copy = job->copy;
	struct verify both = { .one = job->in,
			       .one_at = (off_t)copy->offset,
			       .length = copy->length,
			       .ends = true,
			       .uncached = copy->content.uncached };
	struct stat there;
	int result;

	if (!has_places(job->from.st_mode))
		return 0;
	both.other = place_open(place, found);
	if (both.other < 0)
		return 0;
	result = fstat(both.other, &there) == 0 && !place_is_same(&there, &job->from)
		 && may_be_given(job, &there)
		 && verify(&both, content_space(&copy->content), CONTENT_SPACE) == 0;
	if (result && copy->keeps
	    && attributes_copy(job->in, &job->from, both.other, copy->keeps, place->inherits,
			       &copy->failed)
		       < 0)
		result = fail_at(job, COPY_ATTRIBUTES);
	close(both.other);
	return result;
}

/* Whether what is there stays as it is: 1, 0; -1 with errno. */
static int
is_left(struct job *job, const struct place *place)
{
	struct stat found, there;
	int state;

	if (job->copy->which == COPY_ALL)
		return 0;
	state = place_look(place, &found);
	if (state < 0 || state == PLACE_IS_FREE)
		return 0;
	there = found;
	if (state == PLACE_IS_TAKEN && S_ISLNK(found.st_mode) && place_follow(place, &there) < 0)
		return 0;
	/* A folder is in the way. */
	if (S_ISDIR(there.st_mode))
		return 0;
	if (job->copy->which == COPY_MISSING)
		return 1;
	if (state == PLACE_IS_FOREIGN)
		return 0;
	return job->copy->which == COPY_NEWER ? !is_newer(&job->from.st_mtim, &there.st_mtim)
					      : has_content(job, place, &found);
}

/* ---- what it has besides its content ---- */

/*
 * Opens what is to be replaced, to be read, and what it is *NOW. -1 with errno; ESTALE: something else has
 * come there meanwhile.
 */
static int
open_old(const struct target *target, struct stat *now)
{
	int fd = openat(target->folder, target->name,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || (fstat(fd, now) == 0 && place_may_be_same(now, &target->status)))
		return fd;
	close(fd);
	errno = ESTALE;
	return -1;
}

/* Whether the new file belongs to whom the old one does. */
static bool
keep_owner(const struct target *target, const struct stat *old)
{
	struct stat now;

	return fstat(target->fd, &now) == 0
	       && ((now.st_uid == old->st_uid && now.st_gid == old->st_gid)
		   || fchown(target->fd, old->st_uid, old->st_gid) == 0);
}

/* What was there keeps what it had besides its content, but for WHAT it gets anew. */
static int
keep_old(struct job *job, unsigned what)
{
	struct target *target = &job->target;
	unsigned kept = (ATTRIBUTES_OWNER | ATTRIBUTES_MODE | ATTRIBUTES_EXTENDED) & ~what, failed;
	struct stat status;
	int old, result = -1, error;

	if (!kept)
		return 0;
	old = open_old(target, &status);
	if (old < 0)
		return fail_at(job, COPY_KEEP);
	job->copy->step = COPY_KEEP;
	if (kept & ATTRIBUTES_OWNER && !keep_owner(target, &status)) {
		job->copy->bar = TARGET_IS_ANOTHERS;
		job->copy->step = COPY_BARRED;
	} else {
		/* To run as another user is what the old content was trusted to. */
		if (geteuid())
			status.st_mode &= ~(mode_t)06000;
		result = attributes_copy(old, &status, target->fd,
					 kept & (ATTRIBUTES_MODE | ATTRIBUTES_EXTENDED), true,
					 &failed);
	}
	error = errno;
	close(old);
	errno = error;
	return result;
}

static mode_t
mode_of_new(const struct job *job)
{
	return job->from.st_mode & 0777 & ~(job->copy->mask & 0700);
}

/* A file as any new one in the folder of the target; -1: that cannot be had. */
static int
open_model(const struct job *job)
{
	return openat(job->target.folder, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, mode_of_new(job));
}

/* A part was nobody else's until now: it gets what MODEL has, if that is open. */
static int
publish(struct job *job, int model)
{
	struct stat status;
	unsigned failed;

	if (model < 0)
		return fchmod(job->target.fd, mode_of_new(job) & ~job->copy->mask);
	if (fstat(model, &status) < 0)
		return -1;
	return attributes_copy(model, &status, job->target.fd, ATTRIBUTES_MODE, true, &failed);
}

static int
take(struct job *job)
{
	if (job->copy->sync && part_settle(&job->part) < 0) {
		job->part.is_doubtful = true;
		return fail_at(job, COPY_FINISH);
	}
	/* From here on nothing is to take long: without its mark it would be compared. */
	part_unmark(job->target.fd);
	if (target_take(&job->target) < 0)
		return job->target.bar ? fail_barred(job, job->target.bar)
				       : fail_at(job, COPY_FINISH);
	return 0;
}

/* A part that is whole is one no more: with the owner and mode of the copy it could not be gone on with. */
static int
take_part(struct job *job)
{
	bool is_published = !job->target.exists && !(job->copy->keeps & ATTRIBUTES_MODE);
	int model = is_published ? open_model(job) : -1, result = take(job), error;

	if (result == 0 && is_published && publish(job, model) < 0)
		result = fail_at(job, COPY_FINISH);
	error = errno;
	if (model >= 0)
		close(model);
	errno = error;
	return result;
}

static int
copy_attributes(struct job *job)
{
	struct copy *copy = job->copy;
	struct target *target = &job->target;

	if (target->is_part && take_part(job) < 0)
		return -1;
	if (!target->is_made && !S_ISREG(target->status.st_mode))
		return 0;
	if (target->exists && target->is_made && keep_old(job, copy->keeps) < 0)
		return -1;
	/* The content is what matters most: it is there without them, too. */
	if (copy->keeps
	    && attributes_copy(job->in, &job->from, target->fd, copy->keeps, job->inherits,
			       &copy->failed)
		       < 0)
		job->lost = errno;
	return 0;
}

/* ---- content ---- */

/* The place of an error of the content. */
static int
fail_in_content(struct job *job)
{
	struct copy *copy = job->copy;
	const struct content *content = &copy->content;
	bool is_refused = content->engine != CONTENT_AUTO && content->ways[content->engine].refused;

	copy->at_output = content->at_output;
	copy->at = content->at;
	return fail_at(job, is_refused ? COPY_ENGINE : COPY_CONTENT);
}

/* What is to stay of the target is there before the part comes. */
static int
copy_old(struct job *job)
{
	struct copy *copy = job->copy;
	struct content *content = &copy->content, saved = *content;
	struct target *target = &job->target;
	struct stat status;
	int old = open_old(target, &status), result, error;

	copy->at_output = false;
	copy->at = 0;
	if (old < 0)
		return fail_at(job, COPY_OLD);
	/* It counts for nothing, and any way is right. */
	content->moved = NULL;
	content->engine = CONTENT_AUTO;
	content->ends = content->is_file = true;
	content->is_apart = false;
	result = content_copy(content, old, &status, 0, UINT64_MAX, target->fd, 0);
	error = errno;
	copy->at_output = content->at_output;
	copy->at = content->at;
	content->moved = saved.moved;
	content->engine = saved.engine;
	for (int way = 0; way < CONTENT_WAYS; way++)
		content->ways[way] = saved.ways[way];
	close(old);
	errno = error;
	return result < 0 ? fail_at(job, copy->at_output ? COPY_CONTENT : COPY_OLD) : 0;
}

/* Whether a file beside the target, and on its file system, can be a reference of the source. */
static int
try_clone(struct job *job)
{
	int fd = openat(job->target.folder, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600), result,
	    error;
	struct stat status;

	if (fd < 0)
		return -1;
	result = fstat(fd, &status);
	errno = EXDEV;
	if (result == 0)
		result = status.st_dev == job->target.status.st_dev ? range_clone(job->in, fd) : -1;
	error = errno;
	close(fd);
	errno = error;
	return result;
}

/* What was there of a target that is written in place is no more. */
static int
empty(struct job *job)
{
	struct content *content = &job->copy->content;

	if (!S_ISREG(job->target.status.st_mode) || job->copy->into)
		return 0;
	/* An engine that refuses has to do so before. */
	if (!job->is_stream && has_places(job->from.st_mode)
	    && (content->engine == CONTENT_REFLINK ? try_clone(job)
						   : content_try(content, job->in, job->target.fd))
		       < 0) {
		content->ways[content->engine].refused = errno;
		return fail_in_content(job);
	}
	return ftruncate(job->target.fd, 0) < 0 ? fail_at(job, COPY_CREATE) : 0;
}

/* How much of a part of SIZE bytes is right behind what is done: on the disk, where that can be told. */
static void
compare_part(struct job *job, off_t size)
{
	struct copy *copy = job->copy;
	struct verify both = { .one = job->in,
			       .one_at = (off_t)copy->offset + job->done,
			       .other = job->target.fd,
			       .other_at = job->done,
			       .length = (uint64_t)(size - job->done),
			       .uncached = copy->content.uncached };

	if (fdatasync(job->target.fd) < 0)
		return;
	cache_drop(job->target.fd, job->done, 0);
	/* What cannot be read is copied, and has an error there, or is written anew. */
	verify(&both, content_space(&copy->content), CONTENT_SPACE);
	job->done += both.same;
}

/* The part is to have what is done, and nothing else; IS_LESS: its mark says more, and must not stay. */
static int
cut_part(struct job *job, bool is_less)
{
	struct part *part = &job->part;

	part->sure = job->done;
	if ((part_mark(part) < 0 && is_less && part_unmark(part->fd) < 0)
	    || ftruncate(part->fd, job->done) < 0 || (is_less && fsync(part->fd) < 0))
		return fail_at(job, COPY_CREATE);
	return 0;
}

/* How much of a part is there, and right. */
static int
look_at_part(struct job *job)
{
	struct copy *copy = job->copy;
	struct part *part = &job->part;
	enum part_state state;
	off_t size;

	*part = (struct part){ .source = &job->from,
			       .offset = copy->offset,
			       .length = copy->length,
			       .fd = job->target.fd };
	state = part_look(part, &size);
	if ((uint64_t)size > copy->length)
		size = (off_t)copy->length;
	/* Only all of a file becomes a reference. */
	if (copy->content.engine == CONTENT_REFLINK)
		size = 0;
	if (state == PART_KNOWN && !copy->compares)
		job->done = part->sure < size ? part->sure : size;
	if (state != PART_OTHER && job->done < size)
		compare_part(job, size);
	job->done -= job->done % PART_ALIGNMENT;
	return cut_part(job, state == PART_OTHER || part->sure > job->done);
}

static void
has_moved(uint64_t bytes, void *context)
{
	struct job *job = context;
	struct content *content = &job->copy->content;

	/* After an error of that the kernel calls the rest right. */
	if (!content->lost && part_add(&job->part, bytes) < 0)
		content->lost = errno;
	if (job->moved)
		job->moved(bytes, job->context);
}

/* Whether a file has become so short that its old end was not met. */
static bool
is_cut(const struct job *job)
{
	struct stat now;

	return S_ISREG(job->from.st_mode) && job->copy->length == UINT64_MAX
	       && lseek(job->in, 0, SEEK_CUR) < job->from.st_size && fstat(job->in, &now) == 0
	       && now.st_size < job->from.st_size;
}

/* What leaves the input from where it stands, behind OFFSET bytes. */
static int
skip_and_copy(struct job *job, uint64_t *copied)
{
	struct copy *copy = job->copy;
	uint64_t skipped;

	if (copy->offset && stream_skip(&copy->stream, job->in, copy->offset, &skipped) < 0)
		return -1;
	return stream_copy(&copy->stream, job->in, &job->from, copy->length, copied);
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
pass_without_traces(struct job *job, uint64_t *copied)
{
	struct stream *stream = &job->copy->stream;
	off_t from = lseek(job->in, 0, SEEK_CUR) + (off_t)job->copy->offset;
	struct passing passing = { .content = &job->copy->content,
				   .traces = { .in = job->in,
					       .out = stream->out,
					       .first = from,
					       .shift = lseek(stream->out, 0, SEEK_CUR) - from } };
	int result, error;

	traces_open(&passing.traces, job->from.st_size);
	/* A pipe that holds the pages themselves would keep them there. */
	stream->stable = true;
	stream->moved = has_passed;
	stream->context = &passing;
	result = skip_and_copy(job, copied);
	error = errno;
	traces_close(&passing.traces, lseek(job->in, 0, SEEK_CUR));
	errno = error;
	return result;
}

/* To or from what has no places. */
static int
pass_on(struct job *job)
{
	struct copy *copy = job->copy;
	struct stream *stream = &copy->stream;
	uint64_t copied = 0;
	int result, error;

	stream->out = job->target.fd;
	stream->most = copy->content.most;
	stream->moved = copy->content.moved;
	stream->context = copy->content.context;
	stream->stable = copy->content.engine == CONTENT_READ;
	if ((copy->into && lseek(stream->out, (off_t)copy->seek, SEEK_SET) < 0)
	    || stream_open(stream) < 0) {
		copy->at_output = true;
		copy->at = 0;
		return fail_at(job, COPY_CONTENT);
	}
	result = (copy->content.uncached && S_ISREG(job->from.st_mode)
			  ? pass_without_traces
			  : skip_and_copy)(job, &copied);
	if (result == 0 && is_cut(job)) {
		stream->side = STREAM_INPUT;
		errno = ENODATA;
		result = -1;
	}
	error = errno;
	copy->at_output = stream->side == STREAM_OUTPUT;
	copy->at = (off_t)(copied + (copy->at_output ? copy->seek : copy->offset));
	stream_close(stream);
	errno = error;
	return result < 0 ? fail_at(job, COPY_CONTENT) : 0;
}

/* Where the output, a file, stands; what it has behind that is to stay, and would show through holes. */
static int
find_end(struct job *job, off_t *end)
{
	int fd = job->target.fd, flags = fcntl(fd, F_GETFL);
	struct stat status;

	*end = lseek(fd, 0, SEEK_CUR);
	if (*end < 0 || flags < 0 || fstat(fd, &status) < 0)
		return -1;
	job->copy->content.ends = !(flags & O_APPEND) && *end >= status.st_size;
	if (flags & O_APPEND)
		*end = status.st_size;
	return 0;
}

/* Into a file, from what has no places, but can be asked for holes and an empty cache all the same. */
static int
pour(struct job *job)
{
	struct copy *copy = job->copy;
	uint64_t skipped;
	off_t to = (off_t)copy->seek;

	copy->stream.side = STREAM_INPUT;
	copy->at_output = false;
	copy->at = 0;
	if (!copy->into && find_end(job, &to) < 0)
		return fail_at(job, COPY_CREATE);
	if (copy->offset && stream_skip(&copy->stream, job->in, copy->offset, &skipped) < 0)
		return fail_at(job, COPY_CONTENT);
	if (content_pour(&copy->content, job->in, copy->length, job->target.fd, to) == 0)
		return 0;
	return fail_in_content(job);
}

static int
copy_content(struct job *job)
{
	struct copy *copy = job->copy;
	struct content *content = &copy->content;
	mode_t to = mode_of_target(&job->target);

	content->ends = !copy->into;
	content->is_file = S_ISREG(to);
	content->is_apart = job->target.is_made && !job->target.is_part;
	if (!job->is_stream && has_places(job->from.st_mode) && has_places(to)) {
		uint64_t length = copy->length;

		if (length != UINT64_MAX)
			length -= (uint64_t)job->done;
		if (content_copy(content, job->in, &job->from, (off_t)copy->offset + job->done,
				 length, job->target.fd, (off_t)copy->seek + job->done)
		    == 0)
			return 0;
		return fail_in_content(job);
	}
	if (content->engine < CONTENT_READ) {
		errno = ESPIPE;
		return fail_at(job, COPY_ENGINE);
	}
	if (S_ISREG(to) && (content->sparse == CONTENT_SPARSE_ALWAYS || content->uncached))
		return pour(job);
	return pass_on(job);
}

/* Goes on with a part, and makes sure of it now and then. */
static int
copy_part(struct job *job)
{
	struct content *content = &job->copy->content;
	size_t most = content->most;
	int result;

	if (look_at_part(job) < 0)
		return -1;
	content->most = most < PART_UNSURE ? most : PART_UNSURE;
	job->moved = content->moved;
	job->context = content->context;
	content->moved = has_moved;
	content->context = job;
	content->window = &job->part.window;
	result = copy_content(job);
	content->moved = job->moved;
	content->context = job->context;
	content->most = most;
	content->window = NULL;
	job->part.is_doubtful = content->lost;
	if (result == 0)
		job->part.window = 0;
	return result;
}

/* Compares what is there with the source: from the disk, where that can be had. */
static int
compare(struct job *job)
{
	struct copy *copy = job->copy;
	struct verify both = { .one = job->in,
			       .one_at = (off_t)copy->offset,
			       .other = job->target.fd,
			       .other_at = (off_t)copy->seek,
			       .length = copy->length,
			       .ends = !copy->into && S_ISREG(mode_of_target(&job->target)),
			       .uncached = copy->content.uncached };
	int result;

	if (fsync(job->target.fd) < 0) {
		job->part.is_doubtful = true;
		return fail_at(job, COPY_FINISH);
	}
	cache_drop(job->target.fd, 0, 0);
	result = verify(&both, content_space(&copy->content), CONTENT_SPACE);
	copy->at_output = both.at_other || result > 0;
	copy->at = both.same + (copy->at_output ? both.other_at : both.one_at);
	if (copy->content.uncached)
		cache_drop(job->target.fd, 0, 0);
	return result ? fail_at(job, result < 0 ? COPY_READ_BACK : COPY_DIFFERS) : 0;
}

/* ---- all of it ---- */

/* Whether a new file can be given to whom the old one belongs: known before all is copied in vain. */
static bool
may_give_away(const struct job *job)
{
	const struct target *target = &job->target;

	return !target->is_made || !target->exists || job->copy->keeps & ATTRIBUTES_OWNER
	       || target->status.st_uid == geteuid() || capability_have(CAP_CHOWN);
}

static int
prepare(struct job *job)
{
	struct target *target = &job->target;

	if (!target->is_made)
		return empty(job);
	return job->copy->into && target->exists ? copy_old(job) : 0;
}

static int
fill(struct job *job)
{
	struct copy *copy = job->copy;
	int result;

	copy->at_output = !has_places(mode_of_target(&job->target));
	if (copy->verify && (job->is_stream || !has_places(job->from.st_mode) || copy->at_output))
		return fail_at(job, COPY_ONCE);
	if (!may_give_away(job))
		return fail_barred(job, TARGET_IS_ANOTHERS);
	if (job->target.is_part)
		result = copy_part(job);
	else
		result = prepare(job) < 0 ? -1 : copy_content(job);
	if (result < 0 || (copy->verify && compare(job) < 0))
		return -1;
	return copy_attributes(job);
}

/* Gives up what is not whole. */
static void
abandon(struct job *job)
{
	struct target *target = &job->target;
	struct stat status;

	/* Of what differs nothing is worth keeping, nor of what may not be on the disk. */
	job->copy->is_kept =
		target->is_part && job->copy->step != COPY_DIFFERS
		&& !(job->part.is_doubtful && ftruncate(target->fd, job->part.sure) < 0)
		&& fstat(target->fd, &status) == 0 && status.st_size;
	target_abandon(target, job->copy->is_kept);
}

/* 0, 1, -1 as in the header. */
static int
finish(struct job *job)
{
	struct copy *copy = job->copy;
	int result;

	result = target_finish(&job->target, copy->sync, copy->which == COPY_MISSING);
	if (result > 0)
		return fail_at(job, COPY_SYNC);
	if (result == 0 && job->lost) {
		errno = job->lost;
		return fail_at(job, COPY_ATTRIBUTES);
	}
	if (result == 0)
		return 0;
	/* Somebody has made it meanwhile. */
	if (copy->which == COPY_MISSING && errno == EEXIST)
		return 1;
	return fail_at(job, COPY_FINISH);
}

/* Whether so little is to be copied that it is made anew. */
static bool
is_small(const struct job *job)
{
	return job->copy->length < PART_WORTH
	       || job->from.st_size - (int64_t)job->copy->offset < PART_WORTH;
}

static enum target_way
way_of(const struct job *job)
{
	const struct copy *copy = job->copy;

	if (copy->in_place && !job->is_forced)
		return TARGET_IN_PLACE;
	/* What can be read only once has to be right at once. */
	if (job->is_stream || !has_places(job->from.st_mode))
		return TARGET_NAMED;
	if (!copy->resumes)
		return TARGET_ANEW;
	return is_small(job) ? TARGET_PART_THAT_IS : TARGET_PART;
}

/* Whether what is copied is the part that it would become. */
static bool
is_part_itself(const struct job *job)
{
	struct stat part;

	return job->target.is_part && fstat(job->target.fd, &part) == 0
	       && place_is_same(&job->from, &part);
}

static int
copy_once(struct job *job, const struct place *place)
{
	struct copy *copy = job->copy;
	struct target *target = &job->target;
	/* What is to have the source's mode gets it when it is whole. */
	mode_t mode = copy->keeps & ATTRIBUTES_MODE ? 0600
		      : job->is_stream              ? 0666
						    : job->from.st_mode & 0777;
	int result, error;

	if (copy->resumes && partial_is_name(place->name))
		return fail_barred(job, TARGET_IS_PART);
	/* For folders' sake these are not in the mask itself. */
	mode = copy->keeps & ATTRIBUTES_MODE ? 0600 : mode & ~(copy->mask & 0700);
	job->inherits = place->inherits;
	if (target_open(target, place, mode, way_of(job), copy->unlinks) < 0) {
		copy->bar = target->bar;
		snprintf(copy->part, sizeof(copy->part), "%s%s%s", target->path ? target->path : "",
			 target->path ? "/" : "", target->temporary);
		target_abandon(target, true);
		if (target->bar && place_is_same(&job->from, &target->status))
			return fail_at(job, COPY_IS_SAME);
		return fail_at(job, target->bar ? COPY_BARRED : COPY_CREATE);
	}
	if ((target->exists && place_is_same(&job->from, &target->status)) || is_part_itself(job))
		result = fail_at(job, COPY_IS_SAME);
	else
		result = fill(job);
	/* Somebody may have made a newer one meanwhile. */
	if (!result && copy->which == COPY_NEWER && target->is_made)
		result = is_left(job, place);
	if (!result)
		return finish(job);
	error = errno;
	abandon(job);
	errno = error;
	return result;
}

static int
copy_open(struct job *job, const struct place *place)
{
	const struct copy *copy = job->copy;
	int result = copy_once(job, place);

	if (result < 0 && copy->in_place && copy->forces && copy->step == COPY_CREATE
	    && job->target.exists && S_ISREG(job->target.status.st_mode)) {
		job->is_forced = true;
		result = copy_once(job, place);
	}
	/* Another time, with a name from the begin on. */
	return result < 0 && job->target.is_nameless ? copy_once(job, place) : result;
}

static int
look(struct job *job)
{
	if (fstat(job->in, &job->from) < 0)
		return fail_at(job, COPY_OPEN);
	if (S_ISDIR(job->from.st_mode))
		return fail_at(job, COPY_IS_FOLDER);
	if (job->copy->only_files && !S_ISREG(job->from.st_mode)) {
		errno = ESTALE;
		return fail_at(job, COPY_OPEN);
	}
	if (S_ISBLK(job->from.st_mode) && !job->is_stream)
		job->from.st_size = lseek(job->in, 0, SEEK_END);
	return 0;
}

static int
tally(struct copy *copy, int result)
{
	copy->skipped += result == 1;
	return result;
}

int
copy_to_place(struct copy *copy, int in, bool is_stream, const struct place *place)
{
	struct job job = { .copy = copy, .in = in, .is_stream = is_stream };
	int result = look(&job);

	copy->is_kept = false;
	if (!result)
		result = is_left(&job, place);
	if (!result && copy->meets && job.from.st_nlink > 1)
		result = copy->meets(&job.from, copy->context);
	return tally(copy, result ? result : copy_open(&job, place));
}

int
copy_to_descriptor(struct copy *copy, int in, int out)
{
	struct job job = { .copy = copy, .in = in, .is_stream = true, .target = { .fd = out } };
	int result = look(&job);

	copy->at_output = true;
	if (!result && fstat(out, &job.target.status) < 0)
		result = fail_at(&job, COPY_CREATE);
	else if (!result && stream_is_output(&job.target.status, in, &job.from))
		result = fail_at(&job, COPY_IS_SAME);
	else if (!result && copy->verify)
		result = fail_at(&job, COPY_ONCE);
	if (!result)
		result = copy_content(&job);
	if (!result && copy->sync && fsync(out) < 0 && errno != EINVAL && errno != EROFS)
		result = fail_at(&job, COPY_FINISH);
	return tally(copy, result);
}
