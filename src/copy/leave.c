/* SPDX-License-Identifier: MIT */
#include "copy/leave.h"

#include <unistd.h>

#include "copy/verify.h"

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
may_be_given(const struct task *task, const struct stat *there)
{
	const struct stat *from = &task->from;
	bool is_given = there->st_uid == from->st_uid && there->st_gid == from->st_gid
			&& there->st_mode == from->st_mode
			&& !is_newer(&there->st_mtim, &from->st_mtim)
			&& !is_newer(&from->st_mtim, &there->st_mtim);

	if (!task->copy->keeps)
		return true;
	return (there->st_uid == geteuid() || there->st_uid == from->st_uid)
	       && (there->st_nlink == 1 || is_given);
}

/* Whether what is FOUND at PLACE has the content of the source; then it gets what else that has. */
static int
has_content(struct task *task, const struct place *place, const struct stat *found)
{
	struct copy *copy = task->copy;
	struct verify both = { .one = task->in,
			       .one_at = (off_t)copy->offset,
			       .length = copy->length,
			       .ends = true,
			       .uncached = copy->content.uncached };
	struct stat there;
	int result;

	if (!task_has_places(task->from.st_mode))
		return 0;
	both.other = place_open(place, found);
	if (both.other < 0)
		return 0;
	result = fstat(both.other, &there) == 0 && !place_is_same(&there, &task->from)
		 && may_be_given(task, &there)
		 && verify(&both, content_space(&copy->content), CONTENT_SPACE) == 0;
	if (result && copy->keeps
	    && attributes_copy(task->in, &task->from, both.other, copy->keeps, place->inherits,
			       &copy->failed)
		       < 0)
		result = task_fail(task, COPY_ATTRIBUTES);
	close(both.other);
	return result;
}

int
leave_there(struct task *task, const struct place *place)
{
	struct stat found, there;
	int state;

	if (task->copy->which == COPY_ALL)
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
	if (task->copy->which == COPY_MISSING)
		return 1;
	if (state == PLACE_IS_FOREIGN)
		return 0;
	return task->copy->which == COPY_NEWER ? !is_newer(&task->from.st_mtim, &there.st_mtim)
					       : has_content(task, place, &found);
}
