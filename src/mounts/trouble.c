/* SPDX-License-Identifier: MIT */
#include "mounts/trouble.h"

#include <errno.h>
#include <stdlib.h>

#include "memory.h"

int
trouble_at(struct trouble *trouble, enum trouble_stage stage, const char *name)
{
	int error = errno;

	free(trouble->name);
	trouble->name = name ? memory_string(name) : NULL;
	trouble->stage = stage;
	trouble->error = error;
	errno = error;
	return -1;
}

void
trouble_say(struct buffer *buffer, const char *text)
{
	if (buffer->length && strstr(buffer_string(buffer), text))
		return;
	if (buffer->length)
		buffer_text(buffer, "; ");
	buffer_text(buffer, text);
}

void
trouble_done(struct trouble *trouble)
{
	free(trouble->name);
	buffer_done(&trouble->said);
	buffer_done(&trouble->kernel);
	*trouble = (struct trouble){ 0 };
}
