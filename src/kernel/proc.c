/* SPDX-License-Identifier: MIT */
#include "kernel/proc.h"

#include <fcntl.h>
#include <stdio.h>

static const char folder[] = "/proc";

static int kept = -1;

int
proc_keep(void)
{
	kept = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return kept < 0 ? -1 : 0;
}

int
proc_open(const char *path, int flags)
{
	char whole[sizeof(folder) + 100];

	if (kept >= 0)
		return openat(kept, *path ? path : ".", flags | O_CLOEXEC);
	snprintf(whole, sizeof(whole), "%s/%s", folder, path);
	return open(whole, flags | O_CLOEXEC);
}
