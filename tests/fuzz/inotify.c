/* SPDX-License-Identifier: MIT */
/* The kernel's records: each lies within what was read, and decoding comes to an end. */
#include "fuzz.h"

#include "kernel/inotify.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct inotify_record record;
	size_t taken;

	for (size_t at = 0; (taken = inotify_decode(bytes + at, size - at, &record)); at += taken) {
		MUST(taken <= size - at);
		MUST(record.length < taken);
		MUST(strlen(record.name) == record.length);
		if (record.length)
			MUST(record.name >= bytes + at
			     && record.name + record.length < bytes + at + taken);
	}
	return 0;
}
