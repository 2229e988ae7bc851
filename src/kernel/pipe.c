/* SPDX-License-Identifier: MIT */
#include "kernel/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "kernel/compat.h"

void (*pipe_interrupted)(void);

bool
pipe_is_nameless(int fd)
{
	struct statfs status;

	return fstatfs(fd, &status) == 0 && status.f_type == PIPEFS_MAGIC;
}

ssize_t
pipe_open(int ends[2], size_t size)
{
	ssize_t room;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	room = pipe_widen(ends[1], size);
	return room < 0 ? PIPE_BUF : room;
}

ssize_t
pipe_widen(int fd, size_t size)
{
	ssize_t now = fcntl(fd, F_GETPIPE_SZ), wide;

	if (now < 0 || (size_t)now >= size)
		return now;
	wide = fcntl(fd, F_SETPIPE_SZ, size < INT_MAX ? (int)size : INT_MAX);
	return wide < 0 ? now : wide;
}

/* Whether the call on FD that has failed is to be done again, after waiting for EVENTS if it would block. */
static bool
again(int fd, short events)
{
	struct pollfd ready = { .fd = fd, .events = events };

	if (errno == EINTR) {
		if (pipe_interrupted)
			pipe_interrupted();
		return true;
	}
	if (errno != EAGAIN)
		return false;
	if (poll(&ready, 1, -1) < 0 && errno == EINTR && pipe_interrupted)
		pipe_interrupted();
	return true;
}

/* The same for what moves bytes between two descriptors. */
static bool
again_between(int from, int to)
{
	struct pollfd ready = { .fd = from, .events = POLLIN };

	bool on_input = errno == EAGAIN && poll(&ready, 1, 0) == 0;

	return on_input ? again(from, POLLIN) : again(to, POLLOUT);
}

ssize_t
pipe_splice(int from, int to, size_t size, bool more)
{
	ssize_t moved;

	do
		moved = splice(from, NULL, to, NULL, size, more ? SPLICE_F_MORE : 0);
	while (moved < 0 && again_between(from, to));
	return moved;
}

ssize_t
pipe_read(int fd, void *bytes, size_t size)
{
	ssize_t taken;

	do
		taken = read(fd, bytes, size);
	while (taken < 0 && again(fd, POLLIN));
	return taken;
}

int
pipe_write(int fd, const void *bytes, size_t size, size_t *written)
{
	*written = 0;
	while (*written < size) {
		ssize_t given = write(fd, (const char *)bytes + *written, size - *written);

		if (given >= 0)
			*written += (size_t)given;
		else if (!again(fd, POLLOUT))
			return -1;
	}
	return 0;
}
