/* SPDX-License-Identifier: MIT */
#include "operand.h"

#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "cli/buffer.h"
#include "cli/num.h"
#include "memory.h"

int
operand_descriptor(const char *path)
{
	static const char *const folders[] = { "/dev/fd/", "/proc/self/fd/" };
	int64_t number;

	if (!strcmp(path, "-") || !strcmp(path, "/dev/stdout"))
		return STDOUT_FILENO;
	if (!strcmp(path, "/dev/stderr"))
		return STDERR_FILENO;
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		size_t size = strlen(folders[i]);

		if (!strncmp(path, folders[i], size)
		    && num_integer(path + size, 0, INT_MAX, &number) == 0)
			return (int)number;
	}
	return -1;
}

int
operand_open_folder(char *path, const char **name)
{
	char *slash = strrchr(path, '/');
	int fd;

	*name = slash ? slash + 1 : path;
	if (!slash)
		return open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (slash == path)
		return open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	*slash = '\0';
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	*slash = '/';
	return fd;
}

char *
operand_name(const char *from)
{
	size_t size = strlen(from);
	const char *name;
	struct buffer copy = { 0 };

	while (size > 1 && from[size - 1] == '/')
		size--;
	name = memrchr(from, '/', size);
	name = name && size > 1 ? name + 1 : from;
	buffer_add(&copy, name, (size_t)(from + size - name));
	return buffer_string(&copy);
}

/* A name that has been made in the folder, and of what. */
struct made {
	char *name;
	struct stat status; /* zeros: nobody knows */
};
static void *all_made; /* a tree of those, tsearch(3) */

static int
compare_names(const void *one, const void *other)
{
	return strcmp(((const struct made *)one)->name, ((const struct made *)other)->name);
}

enum operand_before
operand_before(char *name, const struct stat *status)
{
	struct made wanted = { .name = name }, *made;
	void *found = tfind(&wanted, &all_made, compare_names);

	if (!found) {
		made = memory_get(sizeof(*made));
		made->name = memory_string(name);
		made->status = status ? *status : (struct stat){ 0 };
		if (!tsearch(made, &all_made, compare_names))
			memory_exhausted();
		return OPERAND_NONE;
	}
	made = *(struct made **)found;
	if (!status)
		return OPERAND_ANOTHER;
	if (S_ISDIR(status->st_mode) && S_ISDIR(made->status.st_mode))
		return OPERAND_NONE;
	return status->st_dev == made->status.st_dev && status->st_ino == made->status.st_ino
		       ? OPERAND_ITSELF
		       : OPERAND_ANOTHER;
}
