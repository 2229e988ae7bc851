/* SPDX-License-Identifier: MIT */
/* A line of /proc/self/mountinfo: fields lie within it, and escapes make it no longer. */
#include "fuzz.h"

#include "kernel/mountinfo.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = fuzz_string(data, size);
	struct mountinfo mount;

	if (mountinfo_parse(line, size, &mount)) {
		MUST(mount.root >= line && mount.root + strlen(mount.root) < line + size);
		MUST(mount.target > mount.root);
		MUST(mount.options > mount.target);
		MUST(mount.tags > mount.options);
		MUST(mount.type > mount.tags);
		MUST(mount.source > mount.type);
		MUST(mount.super > mount.source);
		MUST(mount.super + strlen(mount.super) <= line + size);
	}
	free(line);
	return 0;
}
