/* SPDX-License-Identifier: MIT */
#include "process/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "kernel/mountinfo.h"
#include "kernel/proc.h"

char *
cgroup_parse(char *text)
{
	char *line = strncmp(text, "0::/", 4) == 0 ? text : strstr(text, "\n0::/");

	if (!line)
		return NULL;
	line = strchr(line, '/');
	line[strcspn(line, "\n")] = '\0';
	return line;
}

struct search {
	const char *path; /* of the cgroup */
	bool is_mounted;
	int fd;
};

/* Mountinfo_each's: where PATH is below what is mounted, it is opened there. */
static bool
try_mount(const struct mountinfo *mount, void *context)
{
	struct search *search = context;
	size_t length = strcmp(mount->root, "/") == 0 ? 0 : strlen(mount->root);
	const char *below = search->path + length;
	char path[PATH_MAX * 2];

	if (strcmp(mount->type, "cgroup2") != 0)
		return true;
	search->is_mounted = true;
	if (strncmp(search->path, mount->root, length) != 0 || (*below && *below != '/'))
		return true;
	snprintf(path, sizeof(path), "%s%s", mount->target, below);
	search->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return search->fd < 0;
}

int
cgroup_open(pid_t pid)
{
	struct search search = { .fd = -1 };
	char name[32], text[PATH_MAX * 2];
	ssize_t size;
	int fd;

	snprintf(name, sizeof(name), "%d/cgroup", (int)pid);
	fd = proc_open(name, O_RDONLY);
	size = fd < 0 ? -1 : file_read(fd, text, sizeof(text) - 1);
	file_close(fd);
	if (size < 0)
		return -1;
	text[size] = '\0';
	search.path = cgroup_parse(text);
	if (search.path && mountinfo_each(try_mount, &search) < 0)
		return -1;
	if (search.fd < 0)
		errno = search.is_mounted ? EXDEV : ENOENT;
	return search.fd;
}

int
cgroup_join(int folder)
{
	int procs = openat(folder, "cgroup.procs", O_WRONLY | O_CLOEXEC), result = -1;

	if (procs >= 0 && write(procs, "0", 1) == 1)
		result = 0;
	file_close(procs);
	return result;
}
