/* SPDX-License-Identifier: MIT */
#include "kernel/mountinfo.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/proc.h"
#include "memory.h"

enum { ROOM = 16384 };

int
mountinfo_open(void)
{
	return proc_open("self/mountinfo", O_RDONLY);
}

static bool
is_octal(const char *at)
{
	return at[0] >= '0' && at[0] <= '3' && at[1] >= '0' && at[1] <= '7' && at[2] >= '0'
	       && at[2] <= '7';
}

void
mountinfo_unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		if (*from == '\\' && is_octal(from + 1)) {
			*to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

static bool
take_number(const char *text, long long most, long long *number)
{
	const char *error;

	*number = strtonum(text, 0, most, &error);
	return !error;
}

/* MAJOR:MINOR; undoes the colon. */
static bool
take_device(char *text, struct mountinfo *mount)
{
	char *colon = strchr(text, ':');
	long long major, minor;

	if (!colon)
		return false;
	*colon = '\0';
	if (!take_number(text, UINT_MAX, &major) || !take_number(colon + 1, UINT_MAX, &minor))
		return false;
	mount->major = (unsigned int)major;
	mount->minor = (unsigned int)minor;
	return true;
}

/* Ends the field at *AT, and moves that behind it; NULL: it is the last one. */
static char *
take_field(char **at)
{
	char *field = *at, *blank = field ? strchr(field, ' ') : NULL;

	if (blank)
		*blank++ = '\0';
	*at = blank;
	return field;
}

/* The tags in front of the `-`: of no, one or more fields. */
static bool
take_tags(char **at, struct mountinfo *mount)
{
	char *tags = *at, *end;

	if (!tags)
		return false;
	end = !strncmp(tags, "- ", 2) ? tags : strstr(tags, " - ");
	if (!end)
		return false;
	*at = end + (end == tags ? 2 : 3);
	*end = '\0';
	mount->tags = tags;
	return true;
}

bool
mountinfo_parse(char *line, size_t length, struct mountinfo *mount)
{
	enum { ID, PARENT, DEVICE, ROOT, TARGET, OPTIONS, FIELDS };
	char *fields[FIELDS], *at = line, *type, *source;
	long long id, parent;

	if (strlen(line) != length)
		return false;
	for (int i = 0; i < FIELDS; i++) {
		fields[i] = take_field(&at);
		if (!fields[i] || !*fields[i])
			return false;
	}
	if (!take_number(fields[ID], INT_MAX, &id) || !take_number(fields[PARENT], INT_MAX, &parent)
	    || !take_device(fields[DEVICE], mount) || !take_tags(&at, mount))
		return false;
	type = take_field(&at);
	source = take_field(&at);
	if (!source || !at)
		return false;
	mount->id = (int)id;
	mount->parent = (int)parent;
	mountinfo_unescape(fields[ROOT]);
	mountinfo_unescape(fields[TARGET]);
	mountinfo_unescape(type);
	mountinfo_unescape(source);
	mount->root = fields[ROOT];
	mount->target = fields[TARGET];
	mount->options = fields[OPTIONS];
	mount->type = type;
	mount->source = source;
	mount->super = at;
	return true;
}

int
mountinfo_each(bool (*each)(const struct mountinfo *mount, void *context), void *context)
{
	return mountinfo_each_of(mountinfo_open(), each, context);
}

int
mountinfo_each_of(int fd, bool (*each)(const struct mountinfo *mount, void *context), void *context)
{
	FILE *stream = fd < 0 ? NULL : fdopen(fd, "re");
	struct mountinfo mount;
	char *line = NULL, *buffer;
	size_t room = 0;
	ssize_t length;
	int result = 0, error;

	if (!stream) {
		error = errno;
		if (fd >= 0)
			close(fd);
		errno = error;
		return -1;
	}
	/* As much as the kernel gives at a time; stdio would ask for a fourth of that. */
	buffer = memory_get(ROOM);
	setvbuf(stream, buffer, _IOFBF, ROOM);
	while (result == 0 && (length = getline(&line, &room, stream)) > 0) {
		if (line[length - 1] == '\n')
			line[--length] = '\0';
		errno = EPROTO;
		result = !mountinfo_parse(line, (size_t)length, &mount) ? -1
			 : each(&mount, context)                        ? 0
									: 1;
	}
	error = errno;
	if (ferror(stream))
		result = -1;
	free(line);
	fclose(stream);
	free(buffer);
	errno = error;
	return result < 0 ? -1 : 0;
}
