/* SPDX-License-Identifier: MIT */
/* The begin of a program: the interpreter that it names is a path, and lies within. */
#include "fuzz.h"

#include "mounts/program.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char path[PATH_MAX];

	if (program_interpreter(data, size, path)) {
		MUST(*path);
		MUST(strlen(path) < sizeof(path));
		MUST(memmem(data, size, path, strlen(path)));
	}
	return 0;
}
