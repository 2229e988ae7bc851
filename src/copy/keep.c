/* SPDX-License-Identifier: MIT */
#include "copy/keep.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int
keep_open_old(const struct target *target, struct stat *now)
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
keep_old(struct task *task, unsigned what)
{
	struct target *target = &task->target;
	unsigned kept = (ATTRIBUTES_OWNER | ATTRIBUTES_MODE | ATTRIBUTES_EXTENDED) & ~what, failed;
	struct stat status;
	int old, result = -1, error;

	if (!kept)
		return 0;
	old = keep_open_old(target, &status);
	if (old < 0)
		return task_fail(task, COPY_KEEP);
	task->copy->step = COPY_KEEP;
	if (kept & ATTRIBUTES_OWNER && !keep_owner(target, &status)) {
		task->copy->bar = TARGET_IS_ANOTHERS;
		task->copy->step = COPY_BARRED;
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
mode_of_new(const struct task *task)
{
	return task->from.st_mode & 0777 & ~(task->copy->mask & 0700);
}

/* A file as any new one in the folder of the target; -1: that cannot be had. */
static int
open_model(const struct task *task)
{
	return openat(task->target.folder, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, mode_of_new(task));
}

/* A part was nobody else's until now: it gets what MODEL has, if that is open. */
static int
publish(struct task *task, int model)
{
	struct stat status;
	unsigned failed;

	if (model < 0)
		return fchmod(task->target.fd, mode_of_new(task) & ~task->copy->mask);
	if (fstat(model, &status) < 0)
		return -1;
	return attributes_copy(model, &status, task->target.fd, ATTRIBUTES_MODE, true, &failed);
}

static int
take(struct task *task)
{
	if (task->copy->sync && part_settle(&task->part) < 0) {
		task->part.is_doubtful = true;
		return task_fail(task, COPY_FINISH);
	}
	/* From here on nothing is to take long: without its mark it would be compared. */
	part_unmark(task->target.fd);
	if (target_take(&task->target) < 0)
		return task->target.bar ? task_bar(task, task->target.bar)
					: task_fail(task, COPY_FINISH);
	return 0;
}

/* A part that is whole is one no more: with the owner and mode of the copy it could not be gone on with. */
static int
take_part(struct task *task)
{
	bool is_published = !task->target.exists && !(task->copy->keeps & ATTRIBUTES_MODE);
	int model = is_published ? open_model(task) : -1, result = take(task), error;

	if (result == 0 && is_published && publish(task, model) < 0)
		result = task_fail(task, COPY_FINISH);
	error = errno;
	if (model >= 0)
		close(model);
	errno = error;
	return result;
}

int
keep_attributes(struct task *task)
{
	struct copy *copy = task->copy;
	struct target *target = &task->target;

	if (target->is_part && take_part(task) < 0)
		return -1;
	if (!target->is_made && !S_ISREG(target->status.st_mode))
		return 0;
	if (target->exists && target->is_made && keep_old(task, copy->keeps) < 0)
		return -1;
	/* The content is what matters most: it is there without them, too. */
	if (copy->keeps
	    && attributes_copy(task->in, &task->from, target->fd, copy->keeps, task->inherits,
			       &copy->failed)
		       < 0)
		task->lost = errno;
	return 0;
}
