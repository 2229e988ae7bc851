/* SPDX-License-Identifier: MIT */
#include "policy/problems.h"

#include <stdarg.h>
#include <stdlib.h>

#include "cli/buffer.h"
#include "memory.h"

static __attribute__((format(printf, 5, 0))) void
add(struct problems *problems, const struct place *place, bool is_warning, const char *hint,
    const char *text, va_list arguments)
{
	struct buffer buffer = { 0 };
	struct problem *problem;

	if (problems->count == problems->room) {
		problems->room = problems->room ? 2 * problems->room : 16;
		problems->all =
			memory_resize(problems->all, problems->room, sizeof(*problems->all));
	}
	buffer_vprint(&buffer, text, arguments);
	problem = &problems->all[problems->count++];
	problem->place = *place;
	problem->text = buffer_string(&buffer);
	problem->hint = hint ? memory_string(hint) : NULL;
	problem->is_warning = is_warning;
	problems->errors += !is_warning;
}

void
problems_error(struct problems *problems, const struct place *place, const char *hint,
	       const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	add(problems, place, false, hint, text, arguments);
	va_end(arguments);
}

void
problems_warn(struct problems *problems, const struct place *place, const char *hint,
	      const char *text, ...)
{
	va_list arguments;

	va_start(arguments, text);
	add(problems, place, true, hint, text, arguments);
	va_end(arguments);
}

const char *
problems_meant(struct problems *problems, const char *nearest)
{
	struct buffer buffer = { 0 };

	if (!nearest)
		return NULL;
	buffer_print(&buffer, "did you mean '%s'?", nearest);
	free(problems->meant);
	problems->meant = buffer_string(&buffer);
	return problems->meant;
}

void
problems_close(struct problems *problems)
{
	for (size_t i = 0; i < problems->count; i++) {
		free(problems->all[i].text);
		free(problems->all[i].hint);
	}
	free(problems->all);
	free(problems->meant);
	*problems = (struct problems){ 0 };
}
