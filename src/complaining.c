/* SPDX-License-Identifier: MIT */
#include "complaining.h"

#include "cli/buffer.h"
#include "cli/say.h"
#include "policy/emulate.h"
#include "process/exec.h"

static void
tell_problem(const struct problem *problem)
{
	struct buffer line = { 0 };

	/* Of the policy as a whole, if nothing else is said. */
	if (problem->place.file) {
		emulate_print_place(&line, &problem->place);
		buffer_text(&line, ": ");
	}
	buffer_text(&line, problem->text);
	if (problem->hint)
		buffer_print(&line, " (%s)", problem->hint);
	if (problem->is_warning)
		note("%s", buffer_string(&line));
	else
		failx("%s", buffer_string(&line));
	buffer_done(&line);
}

int
complaining(const struct problems *problems, size_t from)
{
	enum { MOST = 100 };
	size_t end = problems->count - from > MOST ? from + MOST : problems->count;

	for (size_t i = from; i < end; i++)
		tell_problem(&problems->all[i]);
	if (end < problems->count)
		note("and %zu more", problems->count - end);
	return problems->errors ? EXEC_FAILED : 0;
}
