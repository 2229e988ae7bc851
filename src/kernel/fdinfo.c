/* SPDX-License-Identifier: MIT */
#include "kernel/fdinfo.h"

#include <stdio.h>
#include <string.h>

int
fdinfo_find(pid_t pid, int fd, bool (*is)(const char *line, void *context), void *context)
{
	char path[64], line[512];
	bool begins = true, found = false;
	FILE *stream;

	if (pid)
		snprintf(path, sizeof(path), "/proc/%d/fdinfo/%d", (int)pid, fd);
	else
		snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	stream = fopen(path, "re");
	if (!stream)
		return -1;
	while (!found && fgets(line, sizeof(line), stream)) {
		size_t length = strcspn(line, "\n");
		bool ends = line[length];

		line[length] = '\0';
		found = begins && is(line, context);
		begins = ends;
	}
	fclose(stream);
	return found;
}
