/* SPDX-License-Identifier: MIT */
#include "copy/task.h"

int
task_fail(struct task *task, enum copy_step step)
{
	task->copy->step = step;
	return -1;
}

int
task_bar(struct task *task, enum target_bar bar)
{
	task->copy->bar = bar;
	return task_fail(task, COPY_BARRED);
}

bool
task_has_places(mode_t mode)
{
	return S_ISREG(mode) || S_ISBLK(mode);
}

mode_t
task_mode(const struct target *target)
{
	return target->is_made ? S_IFREG : target->status.st_mode;
}

int
task_fail_in_content(struct task *task)
{
	struct copy *copy = task->copy;
	const struct content *content = &copy->content;
	bool is_refused = content->engine != CONTENT_AUTO && content->ways[content->engine].refused;

	copy->at_output = content->at_output;
	copy->at = content->at;
	return task_fail(task, is_refused ? COPY_ENGINE : COPY_CONTENT);
}
