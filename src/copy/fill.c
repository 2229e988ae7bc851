/* SPDX-License-Identifier: MIT */
#include "copy/fill.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "copy/keep.h"
#include "copy/pass.h"
#include "copy/verify.h"
#include "kernel/cache.h"
#include "kernel/capability.h"
#include "kernel/range.h"

/* What is to stay of the target is there before the part comes. */
static int
copy_old(struct task *task)
{
	struct copy *copy = task->copy;
	struct content *content = &copy->content, saved = *content;
	struct target *target = &task->target;
	struct stat status;
	int old = keep_open_old(target, &status), result, error;

	copy->at_output = false;
	copy->at = 0;
	if (old < 0)
		return task_fail(task, COPY_OLD);
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
	return result < 0 ? task_fail(task, copy->at_output ? COPY_CONTENT : COPY_OLD) : 0;
}

/* Whether a file beside the target, and on its file system, can be a reference of the source. */
static int
try_clone(struct task *task)
{
	int fd = openat(task->target.folder, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, 0600), result,
	    error;
	struct stat status;

	if (fd < 0)
		return -1;
	result = fstat(fd, &status);
	errno = EXDEV;
	if (result == 0)
		result = status.st_dev == task->target.status.st_dev ? range_clone(task->in, fd)
								     : -1;
	error = errno;
	close(fd);
	errno = error;
	return result;
}

/* What was there of a target that is written in place is no more. */
static int
empty(struct task *task)
{
	struct content *content = &task->copy->content;

	if (!S_ISREG(task->target.status.st_mode) || task->copy->into)
		return 0;
	/* An engine that refuses has to do so before. */
	if (!task->is_stream && task_has_places(task->from.st_mode)
	    && (content->engine == CONTENT_REFLINK
			? try_clone(task)
			: content_try(content, task->in, task->target.fd))
		       < 0) {
		content->ways[content->engine].refused = errno;
		return task_fail_in_content(task);
	}
	return ftruncate(task->target.fd, 0) < 0 ? task_fail(task, COPY_CREATE) : 0;
}

/* How much of a part of SIZE bytes is right behind what is done: on the disk, where that can be told. */
static void
compare_part(struct task *task, off_t size)
{
	struct copy *copy = task->copy;
	struct verify both = { .one = task->in,
			       .one_at = (off_t)copy->offset + task->done,
			       .other = task->target.fd,
			       .other_at = task->done,
			       .length = (uint64_t)(size - task->done),
			       .uncached = copy->content.uncached };

	if (fdatasync(task->target.fd) < 0)
		return;
	cache_drop(task->target.fd, task->done, 0);
	/* What cannot be read is copied, and has an error there, or is written anew. */
	verify(&both, content_space(&copy->content), CONTENT_SPACE);
	task->done += both.same;
}

/* The part is to have what is done, and nothing else; IS_LESS: its mark says more, and must not stay. */
static int
cut_part(struct task *task, bool is_less)
{
	struct part *part = &task->part;

	part->sure = task->done;
	if ((part_mark(part) < 0 && is_less && part_unmark(part->fd) < 0)
	    || ftruncate(part->fd, task->done) < 0 || (is_less && fsync(part->fd) < 0))
		return task_fail(task, COPY_CREATE);
	return 0;
}

/* How much of a part is there, and right. */
static int
look_at_part(struct task *task)
{
	struct copy *copy = task->copy;
	struct part *part = &task->part;
	enum part_state state;
	off_t size;

	*part = (struct part){ .source = &task->from,
			       .offset = copy->offset,
			       .length = copy->length,
			       .fd = task->target.fd };
	state = part_look(part, &size);
	if ((uint64_t)size > copy->length)
		size = (off_t)copy->length;
	/* Only all of a file becomes a reference. */
	if (copy->content.engine == CONTENT_REFLINK)
		size = 0;
	if (state == PART_KNOWN && !copy->compares)
		task->done = part->sure < size ? part->sure : size;
	if (state != PART_OTHER && task->done < size)
		compare_part(task, size);
	task->done -= task->done % PART_ALIGNMENT;
	return cut_part(task, state == PART_OTHER || part->sure > task->done);
}

static void
has_moved(uint64_t bytes, void *context)
{
	struct task *task = context;
	struct content *content = &task->copy->content;

	/* After an error of that the kernel calls the rest right. */
	if (!content->lost && part_add(&task->part, bytes) < 0)
		content->lost = errno;
	if (task->moved)
		task->moved(bytes, task->context);
}

int
fill_content(struct task *task)
{
	struct copy *copy = task->copy;
	struct content *content = &copy->content;
	mode_t to = task_mode(&task->target);

	content->ends = !copy->into;
	content->is_file = S_ISREG(to);
	content->is_apart = task->target.is_made && !task->target.is_part;
	if (!task->is_stream && task_has_places(task->from.st_mode) && task_has_places(to)) {
		uint64_t length = copy->length;

		if (length != UINT64_MAX)
			length -= (uint64_t)task->done;
		if (content_copy(content, task->in, &task->from, (off_t)copy->offset + task->done,
				 length, task->target.fd, (off_t)copy->seek + task->done)
		    == 0)
			return 0;
		return task_fail_in_content(task);
	}
	if (content->engine < CONTENT_READ) {
		errno = ESPIPE;
		return task_fail(task, COPY_ENGINE);
	}
	if (S_ISREG(to) && (content->sparse == CONTENT_SPARSE_ALWAYS || content->uncached))
		return pass_into_file(task);
	return pass_stream(task);
}

/* Goes on with a part, and makes sure of it now and then. */
static int
copy_part(struct task *task)
{
	struct content *content = &task->copy->content;
	size_t most = content->most;
	int result;

	if (look_at_part(task) < 0)
		return -1;
	content->most = most < PART_UNSURE ? most : PART_UNSURE;
	task->moved = content->moved;
	task->context = content->context;
	content->moved = has_moved;
	content->context = task;
	content->window = &task->part.window;
	result = fill_content(task);
	content->moved = task->moved;
	content->context = task->context;
	content->most = most;
	content->window = NULL;
	task->part.is_doubtful = content->lost;
	if (result == 0)
		task->part.window = 0;
	return result;
}

/* Compares what is there with the source: from the disk, where that can be had. */
static int
compare(struct task *task)
{
	struct copy *copy = task->copy;
	struct verify both = { .one = task->in,
			       .one_at = (off_t)copy->offset,
			       .other = task->target.fd,
			       .other_at = (off_t)copy->seek,
			       .length = copy->length,
			       .ends = !copy->into && S_ISREG(task_mode(&task->target)),
			       .uncached = copy->content.uncached };
	int result;

	if (fsync(task->target.fd) < 0) {
		task->part.is_doubtful = true;
		return task_fail(task, COPY_FINISH);
	}
	cache_drop(task->target.fd, 0, 0);
	result = verify(&both, content_space(&copy->content), CONTENT_SPACE);
	copy->at_output = both.at_other || result > 0;
	copy->at = both.same + (copy->at_output ? both.other_at : both.one_at);
	if (copy->content.uncached)
		cache_drop(task->target.fd, 0, 0);
	return result ? task_fail(task, result < 0 ? COPY_READ_BACK : COPY_DIFFERS) : 0;
}

/* Whether a new file can get the owner and group of the old one: known before all is copied in vain. */
static bool
may_give_away(const struct task *task)
{
	const struct target *target = &task->target;
	const struct stat *old = &target->status;
	bool is_own;

	if (!target->is_made || !target->exists || task->copy->keeps & ATTRIBUTES_OWNER)
		return true;
	is_own = old->st_uid == geteuid();
	if ((is_own && old->st_gid == getegid()) || capability_have(CAP_CHOWN))
		return true;
	/* Which groups are one's own, the kernel knows; nobody else may open the file yet. */
	return is_own && fchown(target->fd, (uid_t)-1, old->st_gid) == 0;
}

static int
prepare(struct task *task)
{
	struct target *target = &task->target;

	if (!target->is_made)
		return empty(task);
	return task->copy->into && target->exists ? copy_old(task) : 0;
}

int
fill_target(struct task *task)
{
	struct copy *copy = task->copy;
	int result;

	copy->at_output = !task_has_places(task_mode(&task->target));
	if (copy->verify
	    && (task->is_stream || !task_has_places(task->from.st_mode) || copy->at_output))
		return task_fail(task, COPY_ONCE);
	if (!may_give_away(task))
		return task_bar(task, TARGET_IS_ANOTHERS);
	if (task->target.is_part)
		result = copy_part(task);
	else
		result = prepare(task) < 0 ? -1 : fill_content(task);
	if (result < 0 || (copy->verify && compare(task) < 0))
		return -1;
	return keep_attributes(task);
}
