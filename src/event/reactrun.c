/* SPDX-License-Identifier: MIT */
/* Of react.h: what one run gets. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "event/reactpart.h"
#include "kernel/memfd.h"
#include "memory.h"

enum {
	ARGUMENT_MAX = 131072 - 1, /* MAX_ARG_STRLEN of execve(2), with 4 KiB pages */
	LINE_MAX_SURE = 2 << 20,   /* more than that depends on ulimit -s */
	LINE_SPARE = 4096,         /* for an interpreter's line, and for what the kernel adds */
	VARIABLES = 5,
};

static bool
is_paths(const char *argument)
{
	return argument[0] == '{' && argument[1] == '}' && !argument[2];
}

/* What STRINGS take in a command line: bytes and pointers. */
static size_t
line_size(char *const *strings)
{
	size_t size = 0;

	for (; *strings; strings++)
		size += strlen(*strings) + 1 + sizeof(*strings);
	return size;
}

size_t
reactpart_budget(const struct react *react)
{
	long limit = sysconf(_SC_ARG_MAX);
	size_t room = limit < 0 || limit > LINE_MAX_SURE ? LINE_MAX_SURE : (size_t)limit;
	size_t used = line_size(react->command) + (environ ? line_size(environ) : 0) + LINE_SPARE;

	return room > used ? room - used : 0;
}

size_t
reactpart_copies(const struct react *react)
{
	size_t copies = 0;

	for (char **argument = react->command; *argument; argument++)
		copies += is_paths(*argument);
	return copies;
}

/* Adds the bytes of PATH to those that are USED, if it fits. */
static bool
fit(const struct react *react, size_t path, size_t copies, size_t *used)
{
	size_t length = react->closed.paths[path].length;
	size_t size = copies * (length + 1 + sizeof(char *));

	if (copies && (length > ARGUMENT_MAX || *used + size > react->budget))
		return false;
	*used += size;
	return true;
}

size_t
reactpart_end(const struct react *react, size_t first)
{
	/* The environment has the first path, too, and its two parts. */
	size_t copies = reactpart_copies(react), end = first;
	size_t used = 2 * react->closed.paths[first].length;

	while (end < react->closed.path_count && (end == first || react->together)
	       && fit(react, end, copies, &used))
		end++;
	return end;
}

/* The command with the paths from FIRST to END - 1 in place of each {}; free(3) it. */
static char **
make_arguments(const struct react *react, size_t first, size_t end)
{
	size_t count = 0, room = 0;
	char **arguments;

	for (char **from = react->command; *from; from++)
		room += is_paths(*from) ? end - first : 1;
	arguments = memory_get((room + 1) * sizeof(*arguments));
	for (char **from = react->command; *from; from++) {
		if (!is_paths(*from)) {
			arguments[count++] = *from;
			continue;
		}
		for (size_t i = first; i < end; i++)
			if (react->closed.paths[i].length) /* an overflow has none */
				arguments[count++] = batch_path(&react->closed, i);
	}
	return arguments;
}

/* Appends "NAME=VALUE" and NUL; VALUE is empty when it is too long for an environment. */
static void
add_variable(struct buffer *buffer, const char *name, const char *value, size_t length)
{
	buffer_text(buffer, name);
	if (strlen(name) + length <= ARGUMENT_MAX)
		buffer_add(buffer, value, length);
	buffer_byte(buffer, '\0');
}

/*
 * Puts what the environment says of the run into TEXT, and the places of the variables into
 * VARIABLES.
 */
static void
make_variables(const struct react *react, size_t first, size_t count, struct buffer *text,
	       char *variables[VARIABLES + 1])
{
	const struct batch_path *path = &react->closed.paths[first];
	const char *name = batch_path(&react->closed, first);
	size_t dir = path->dir_length, offset = 0;
	char number[24];

	snprintf(number, sizeof(number), "%zu", count);
	add_variable(text, "BUTTER_EVENT=", path->word, strlen(path->word));
	add_variable(text, "BUTTER_PATH=", name, path->length);
	/* As in JSON, there are two parts only where the event tells of an entry. */
	add_variable(text, "BUTTER_DIR=", name, dir < path->length ? dir : 0);
	add_variable(text, "BUTTER_NAME=", name + dir, path->length - dir);
	add_variable(text, "BUTTER_COUNT=", number, strlen(number));
	for (size_t i = 0; i < VARIABLES; i++) {
		variables[i] = text->data + offset;
		offset += strlen(variables[i]) + 1;
	}
	variables[VARIABLES] = NULL;
}

/* A file with TEXT, to be read from its start; -1 errno. */
static int
make_input(const struct buffer *text)
{
	int fd = memfd_open(), error;

	if (fd < 0)
		return -1;
	for (size_t done = 0; done < text->length;) {
		ssize_t size = write(fd, text->data + done, text->length - done);

		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			goto failed;
		done += (size_t)size;
	}
	if (lseek(fd, 0, SEEK_SET) == 0)
		return fd;
failed:
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

int
reactpart_start(struct react *react, size_t first, size_t end)
{
	struct buffer lines = { 0 }, text = { 0 };
	char *variables[VARIABLES + 1], **arguments;
	int input, result = -1, error;
	size_t count = batch_lines(&react->closed, first, end, &lines);

	input = make_input(&lines);
	error = errno;
	buffer_done(&lines);
	if (input >= 0) {
		arguments = make_arguments(react, first, end);
		make_variables(react, first, count, &text, variables);
		result = command_start(&react->child, arguments, input, variables);
		error = errno;
		free(arguments);
		buffer_done(&text);
		close(input);
	}
	errno = error;
	return result;
}
