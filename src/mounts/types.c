/* SPDX-License-Identifier: MIT */
#include "mounts/types.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "memory.h"
#include "mounts/table.h"

static const char blanks[] = " \t";

static void
add(struct types *types, const char *name, size_t length)
{
	for (size_t i = 0; i < types->count; i++)
		if (!strncmp(types->names[i], name, length) && !types->names[i][length])
			return;
	types->names = memory_resize(types->names, types->count + 2, sizeof(*types->names));
	types->names[types->count] = memory_get(length + 1);
	memcpy(types->names[types->count], name, length);
	types->names[++types->count] = NULL;
}

bool
types_parse(const char *text, struct types *types)
{
	while (*text) {
		size_t line = strcspn(text, "\n"), blank = strspn(text, blanks);
		size_t word = blank < line ? strcspn(text + blank, " \t\n") : 0;

		if (word == 1 && text[blank] == '*')
			return true;
		/* `nodev` stands in front of another word. */
		if (word && text[blank] != '#' && (word != 5 || strncmp(text + blank, "nodev", 5)))
			add(types, text + blank, word);
		text += line + (text[line] == '\n');
	}
	return false;
}

/* The text of the file PATH, "" if it cannot be read; free(3) it. */
static char *
read_file(const char *path, bool *found)
{
	enum { ROOM = 65536 }; /* more is no list of types */
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = memory_get(ROOM);

	*found = fd >= 0;
	if (fd >= 0) {
		if (file_read(fd, text, ROOM - 1) < 0)
			text[0] = '\0';
		close(fd);
	}
	return text;
}

static void
list_system(struct types *types)
{
	bool found;
	char *text = read_file("/etc/filesystems", &found);
	bool more = types_parse(text, types) || !found;

	free(text);
	if (!more)
		return;
	text = read_file("/proc/filesystems", &found);
	types_parse(text, types);
	free(text);
}

void
types_add(struct types *types, const char *name)
{
	add(types, name, strlen(name));
}

void
types_list(const char *pattern, struct types *types)
{
	struct types all = { 0 };

	*types = (struct types){ 0 };
	if (pattern && strncmp(pattern, "no", 2)) {
		for (const char *at = pattern; *at; at += *at == ',') {
			size_t length = strcspn(at, ",");

			if (length)
				add(types, at, length);
			at += length;
		}
		return;
	}
	list_system(&all);
	for (size_t i = 0; i < all.count; i++)
		if (table_has_type(pattern, all.names[i]))
			types_add(types, all.names[i]);
	types_done(&all);
}

void
types_done(struct types *types)
{
	for (size_t i = 0; i < types->count; i++)
		free(types->names[i]);
	free(types->names);
	*types = (struct types){ 0 };
}

bool
types_is_pattern(const char *pattern)
{
	return strchr(pattern, ',') || (!strncmp(pattern, "no", 2) && strcmp(pattern, "none"));
}

bool
types_is_on_disks(const char *type)
{
	bool found, is = true;
	char *text = read_file("/proc/filesystems", &found), *at = text, *line;

	while (is && (line = strsep(&at, "\n")))
		is = strncmp(line, "nodev", 5) || strcmp(line + 5 + strspn(line + 5, blanks), type);
	free(text);
	return is;
}

bool
types_is_of_kernel(const char *type)
{
	static const char *const types[] = { "tmpfs", "proc",    "sysfs",    "devtmpfs", "devpts",
					     "ramfs", "cgroup2", "cgroup",   "mqueue",   "debugfs",
					     "bpf",   "tracefs", "hugetlbfs" };

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (!strcmp(type, types[i]))
			return true;
	return false;
}
