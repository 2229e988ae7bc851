/* SPDX-License-Identifier: MIT */
#include "kernel/pipe.h"

#include <sys/vfs.h>

#include "kernel/compat.h"

bool
pipe_is_nameless(int fd)
{
	struct statfs status;

	return fstatfs(fd, &status) == 0 && status.f_type == PIPEFS_MAGIC;
}
