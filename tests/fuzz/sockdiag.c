/* SPDX-License-Identifier: MIT */
/* The kernel's messages about sockets: a path lies within its message, errors are errnos, and it comes to an end. */
#include "fuzz.h"

#include "kernel/sockdiag.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct sockdiag message;
	size_t taken;

	for (size_t at = 0; (taken = sockdiag_decode(bytes + at, size - at, &message));
	     at += taken) {
		MUST(taken <= size - at);
		MUST(message.error >= 0 && message.error < 4096);
		MUST(!message.error || message.kind == SOCKDIAG_END);
		MUST(message.path >= bytes + at);
		MUST(message.path + message.length <= bytes + at + taken);
		MUST(message.major < 4096 && message.minor < 1048576);
		if (message.length)
			MUST(!memchr(message.path, 0, message.length));
	}
	return 0;
}
