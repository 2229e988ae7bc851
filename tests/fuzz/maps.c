/* SPDX-License-Identifier: MIT */
/* A line of /proc/PID/maps: what is found lies within it, and the range is one for a file name. */
#include "fuzz.h"

#include "kernel/maps.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *line = fuzz_string(data, size);
	struct map map;

	if (maps_parse(line, size, &map)) {
		MUST(strlen(map.range) < sizeof(map.range));
		MUST(!map.range[strspn(map.range, "0123456789abcdef-")]);
		MUST(map.path > line && map.path + strlen(map.path) == line + size);
	}
	free(line);
	return 0;
}
