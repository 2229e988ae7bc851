/* SPDX-License-Identifier: MIT */
#include "event/selection.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

static void
add_path(struct selection_paths *paths, const char *path)
{
	paths->paths = memory_resize(paths->paths, paths->count + 1, sizeof(*paths->paths));
	paths->paths[paths->count++] = path;
}

void
selection_add(struct selection *selection, const char *operand)
{
	if (*operand == '@')
		add_path(&selection->left_out, operand + 1);
	else
		add_path(&selection->watched, operand);
}

void
selection_leave_out(struct selection *selection, const char *path)
{
	add_path(&selection->left_out, path);
}

int
selection_read(struct selection *selection, FILE *stream, size_t *line)
{
	char *text = NULL;
	size_t room = 0;
	ssize_t length;

	for (*line = 1; (length = getline(&text, &room, stream)) > 0; ++*line) {
		if (text[length - 1] == '\n')
			text[--length] = '\0';
		if (memchr(text, '\0', (size_t)length)) {
			free(text);
			errno = EILSEQ;
			return -1;
		}
		if (length)
			selection_add(selection, memory_string(text));
	}
	free(text);
	return feof(stream) && !ferror(stream) ? 0 : -1; /* a line without memory sets neither */
}

/* The length of PATH without slashes at its end. */
static size_t
bare_length(const char *path)
{
	size_t length = strlen(path);

	while (length > 1 && path[length - 1] == '/')
		length--;
	return length;
}

/* Takes PATH from those that are left out. */
static void
keep(struct selection_paths *left_out, const char *path)
{
	size_t length = bare_length(path);

	for (size_t i = 0; i < left_out->count; i++)
		if (bare_length(left_out->paths[i]) == length
		    && !memcmp(path, left_out->paths[i], length))
			left_out->paths[i--] = left_out->paths[--left_out->count];
}

size_t
selection_settle(struct selection *selection)
{
	for (size_t i = 0; i < selection->watched.count; i++)
		keep(&selection->left_out, selection->watched.paths[i]);
	return selection->watched.count;
}

/* Whether PATH of LENGTH bytes is one of those left out, or below one. */
static bool
is_left_out(const struct selection *selection, const char *path, size_t length)
{
	for (size_t i = 0; i < selection->left_out.count; i++) {
		const char *left_out = selection->left_out.paths[i];
		size_t size = bare_length(left_out);

		if (size <= length && !memcmp(path, left_out, size)
		    && (size == length || path[size] == '/'))
			return true;
	}
	return false;
}

bool
selection_skips(const char *path, void *context)
{
	const struct selection *selection = context;

	return is_left_out(selection, path, strlen(path))
	       || filter_prunes(&selection->filter, path);
}

/* Whether the path that selection has is wanted; WATCHED: it may be an operand itself. */
static bool
wants_path(struct selection *selection, bool watched)
{
	const struct buffer *path = &selection->path;

	buffer_string(&selection->path);
	return filter_passes(&selection->filter, path->data)
	       && (watched || !is_left_out(selection, path->data, path->length));
}

bool
selection_wants(struct selection *selection, const struct event *event)
{
	struct buffer *path = &selection->path;

	if (!selection->filter.count && !selection->left_out.count)
		return true;
	path->length = 0;
	buffer_add(path, event->dir, event->dir_length);
	buffer_add(path, event->name, event->name_length);
	if (wants_path(selection, !event->name_length))
		return true;
	path->length = 0;
	buffer_add(path, event->from, event->from_length);
	return event->from && wants_path(selection, false);
}
