/* SPDX-License-Identifier: MIT */
#include "kernel/psi.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel/capability.h"

static const struct hint hints[] = {
	/* Only for windows that are no such multiple: */
	{ EINVAL, "without CAP_SYS_RESOURCE the window must be a multiple of 2s",
	  CAP_SYS_RESOURCE },
	{ ENOENT,
	  "this kernel has no CONFIG_PSI, for irq no CONFIG_IRQ_TIME_ACCOUNTING, or /proc is not mounted",
	  0 },
	{ ENODATA, "only full is accounted there", 0 },
	{ EOPNOTSUPP, "pressure is not accounted: boot with psi=1", 0 },
	{ EINVAL, "the window is 500ms to 10s, and the stall no longer than that", 0 },
	{ EPERM, "older kernels want CAP_SYS_RESOURCE for this", CAP_SYS_RESOURCE },
	{ EACCES, "older kernels want root for this", 0 },
	{ EBADMSG, "this is no pressure file; nothing was written to it", 0 },
	{ EMFILE, "raise ulimit -n", 0 },
	{ ENFILE, "raise fs.file-max", 0 },
	{ 0, NULL, 0 },
};

const struct hint *
psi_hints(int64_t window)
{
	return hints + !(window % PSI_WINDOW_STEP);
}

/*
 * Whether it reads as one, to any other file a trigger must not be written, and as one that has more than
 * FULL. 0, -1 errno.
 */
static int
check(int fd, bool full)
{
	static const char begin[] = " avg10=";
	char text[4 + sizeof(begin) - 1];
	ssize_t length = pread(fd, text, sizeof(text), 0);

	if (length == (ssize_t)sizeof(text) && memcmp(text + 4, begin, sizeof(begin) - 1) == 0) {
		if (full || memcmp(text, "full", 4) != 0)
			return 0;
		errno = ENODATA;
		return -1;
	}
	if (length >= 0 || errno != EOPNOTSUPP)
		errno = EBADMSG;
	return -1;
}

int
psi_open(const char *path, bool full, int64_t stall, int64_t window)
{
	int fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC), length, error;
	char text[64];

	if (fd < 0)
		return -1;
	length = snprintf(text, sizeof(text), "%s %" PRId64 " %" PRId64, full ? "full" : "some",
			  stall, window);
	/* With the NUL at its end. */
	if (check(fd, full) == 0 && write(fd, text, (size_t)length + 1) >= 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}
