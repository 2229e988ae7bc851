/* SPDX-License-Identifier: MIT */
#include "mounts/backing.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/mountinfo.h"
#include "kernel/proc.h"

/* The devices of /sys/block that have a file. False: it is enough. */
static bool
each_loop(bool (*each)(const char *device, const char *file, void *context), void *context)
{
	DIR *stream = opendir("/sys/block");
	const struct dirent *entry;
	bool more = true;

	while (stream && more && (entry = readdir(stream))) {
		char path[sizeof(entry->d_name) + 30], file[PATH_MAX + 20];
		ssize_t length;
		int fd;

		if (strncmp(entry->d_name, "loop", 4))
			continue;
		snprintf(path, sizeof(path), "%s/loop/backing_file", entry->d_name);
		fd = openat(dirfd(stream), path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		length = read(fd, file, sizeof(file) - 1);
		close(fd);
		if (length <= 1)
			continue;
		/* A newline is added to what may have newlines itself. */
		file[length - (file[length - 1] == '\n')] = '\0';
		snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
		more = each(path, file, context);
	}
	if (stream)
		closedir(stream);
	return more;
}

void
backing_each(bool (*each)(const char *device, const char *file, void *context), void *context)
{
	int fd;
	FILE *stream;
	char *line = NULL;
	size_t room = 0;

	if (!each_loop(each, context))
		return;
	fd = proc_open("swaps", O_RDONLY);
	stream = fd < 0 ? NULL : fdopen(fd, "re");
	while (stream && getline(&line, &room, stream) > 0) {
		/* The first line is a head. */
		if (*line != '/')
			continue;
		line[strcspn(line, " \t\n")] = '\0';
		mountinfo_unescape(line);
		if (!each(NULL, line, context))
			break;
	}
	free(line);
	if (stream)
		fclose(stream);
}
