/* SPDX-License-Identifier: MIT */
#include "kernel/lease.h"

#include <errno.h>
#include <fcntl.h>

bool
lease_finds_writer(int fd)
{
	return fcntl(fd, F_SETLEASE, F_RDLCK) < 0 && errno == EAGAIN;
}
