/* SPDX-License-Identifier: MIT */
/* A line of /proc/net/unix: the path is the end of it, and is not empty. */
#include "fuzz.h"

#include "mounts/sockets.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = fuzz_string(data, size);
	const char *path;
	uint64_t inode;

	if (sockets_parse(line, &inode, &path)) {
		MUST(path > line && *path && *path != '@');
		MUST(path + strlen(path) == line + strlen(line));
	}
	free(line);
	return 0;
}
