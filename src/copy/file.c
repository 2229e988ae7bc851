/* SPDX-License-Identifier: MIT */
#include "copy/file.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "copy/fill.h"
#include "copy/leave.h"
#include "copy/partial.h"
#include "copy/task.h"

/* Gives up what is not whole. */
static void
abandon(struct task *task)
{
	struct target *target = &task->target;
	struct stat status;

	/* Of what differs nothing is worth keeping, nor of what may not be on the disk. */
	task->copy->is_kept =
		target->is_part && task->copy->step != COPY_DIFFERS
		&& !(task->part.is_doubtful && ftruncate(target->fd, task->part.sure) < 0)
		&& fstat(target->fd, &status) == 0 && status.st_size;
	target_abandon(target, task->copy->is_kept);
}

/* 0, 1, -1 as in the header. */
static int
finish(struct task *task)
{
	struct copy *copy = task->copy;
	int result;

	result = target_finish(&task->target, copy->sync, copy->which == COPY_MISSING);
	if (result > 0)
		return task_fail(task, COPY_SYNC);
	if (result == 0 && task->lost) {
		errno = task->lost;
		return task_fail(task, COPY_ATTRIBUTES);
	}
	if (result == 0)
		return 0;
	/* Somebody has made it meanwhile. */
	if (copy->which == COPY_MISSING && errno == EEXIST)
		return 1;
	return task_fail(task, COPY_FINISH);
}

/* Whether so little is to be copied that it is made anew. */
static bool
is_small(const struct task *task)
{
	return task->copy->length < PART_WORTH
	       || task->from.st_size - (int64_t)task->copy->offset < PART_WORTH;
}

static enum target_way
way_of(const struct task *task)
{
	const struct copy *copy = task->copy;

	if (copy->in_place && !task->is_forced)
		return TARGET_IN_PLACE;
	/* What can be read only once has to be right at once. */
	if (task->is_stream || !task_has_places(task->from.st_mode))
		return TARGET_NAMED;
	if (!copy->resumes)
		return TARGET_ANEW;
	return is_small(task) ? TARGET_PART_THAT_IS : TARGET_PART;
}

/* Whether what is copied is the part that it would become. */
static bool
is_part_itself(const struct task *task)
{
	struct stat part;

	return task->target.is_part && fstat(task->target.fd, &part) == 0
	       && place_is_same(&task->from, &part);
}

static int
copy_once(struct task *task, const struct place *place)
{
	struct copy *copy = task->copy;
	struct target *target = &task->target;
	/* What is to have the source's mode gets it when it is whole. */
	mode_t mode = copy->keeps & ATTRIBUTES_MODE ? 0600
		      : task->is_stream             ? 0666
						    : task->from.st_mode & 0777;
	int result, error;

	if (copy->resumes && partial_is_name(place->name))
		return task_bar(task, TARGET_IS_PART);
	/* For folders' sake these are not in the mask itself. */
	mode = copy->keeps & ATTRIBUTES_MODE ? 0600 : mode & ~(copy->mask & 0700);
	task->inherits = place->inherits;
	if (target_open(target, place, mode, way_of(task), copy->unlinks) < 0) {
		copy->bar = target->bar;
		snprintf(copy->part, sizeof(copy->part), "%s%s%s", target->path ? target->path : "",
			 target->path ? "/" : "", target->temporary);
		target_abandon(target, true);
		if (target->bar && place_is_same(&task->from, &target->status))
			return task_fail(task, COPY_IS_SAME);
		return task_fail(task, target->bar ? COPY_BARRED : COPY_CREATE);
	}
	if ((target->exists && place_is_same(&task->from, &target->status)) || is_part_itself(task))
		result = task_fail(task, COPY_IS_SAME);
	else
		result = fill_target(task);
	/* Somebody may have made a newer one meanwhile. */
	if (!result && copy->which == COPY_NEWER && target->is_made)
		result = leave_there(task, place);
	if (!result)
		return finish(task);
	error = errno;
	abandon(task);
	errno = error;
	return result;
}

static int
copy_open(struct task *task, const struct place *place)
{
	const struct copy *copy = task->copy;
	int result = copy_once(task, place);

	if (result < 0 && copy->in_place && copy->forces && copy->step == COPY_CREATE
	    && task->target.exists && S_ISREG(task->target.status.st_mode)) {
		task->is_forced = true;
		result = copy_once(task, place);
	}
	/* Another time, with a name from the begin on. */
	return result < 0 && task->target.is_nameless ? copy_once(task, place) : result;
}

static int
look(struct task *task)
{
	if (fstat(task->in, &task->from) < 0)
		return task_fail(task, COPY_OPEN);
	if (S_ISDIR(task->from.st_mode))
		return task_fail(task, COPY_IS_FOLDER);
	if (task->copy->only_files && !S_ISREG(task->from.st_mode)) {
		errno = ESTALE;
		return task_fail(task, COPY_OPEN);
	}
	if (S_ISBLK(task->from.st_mode) && !task->is_stream)
		task->from.st_size = lseek(task->in, 0, SEEK_END);
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
	struct task task = { .copy = copy, .in = in, .is_stream = is_stream };
	int result = look(&task);

	copy->is_kept = false;
	if (!result)
		result = leave_there(&task, place);
	if (!result && copy->meets && task.from.st_nlink > 1)
		result = copy->meets(&task.from, copy->context);
	return tally(copy, result ? result : copy_open(&task, place));
}

int
copy_to_descriptor(struct copy *copy, int in, int out)
{
	struct task task = { .copy = copy, .in = in, .is_stream = true, .target = { .fd = out } };
	int result = look(&task);

	copy->at_output = true;
	if (!result && fstat(out, &task.target.status) < 0)
		result = task_fail(&task, COPY_CREATE);
	else if (!result && stream_is_output(&task.target.status, in, &task.from))
		result = task_fail(&task, COPY_IS_SAME);
	else if (!result && copy->verify)
		result = task_fail(&task, COPY_ONCE);
	if (!result)
		result = fill_content(&task);
	if (!result && copy->sync && fsync(out) < 0 && errno != EINVAL && errno != EROFS)
		result = task_fail(&task, COPY_FINISH);
	return tally(copy, result);
}
