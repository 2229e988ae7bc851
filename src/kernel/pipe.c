/* SPDX-License-Identifier: MIT */
#include "kernel/pipe.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "kernel/compat.h"

void (*pipe_interrupted)(void);

bool
pipe_is_output(int fd)
{
	int flags = fcntl(fd, F_GETFL);
	bool is_none = flags < 0 ? errno == EBADF : (flags & O_ACCMODE) == O_RDONLY;

	/* Who may not ask finds out by writing. */
	if (is_none)
		errno = EBADF;
	return !is_none;
}

bool
pipe_is_nameless(int fd)
{
	struct statfs status;

	return fstatfs(fd, &status) == 0 && status.f_type == PIPEFS_MAGIC;
}

bool
pipe_is_stream(int fd)
{
	int type;
	socklen_t size = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) < 0 || type == SOCK_STREAM;
}

bool
pipe_is_refusal(int error)
{
	switch (error) {
	case EINVAL:
	case EMFILE: /* file systems that lie upon others open files of their own */
	case ENFILE:
	case ENOSYS:
	case EOPNOTSUPP:
	case EPERM:
	case EXDEV:
		return true;
	default:
		return false;
	}
}

ssize_t
pipe_open(int ends[2], size_t size)
{
	ssize_t room;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	room = pipe_widen(ends[1], size);
	if (room > 0 && (size_t)room > size)
		room = fcntl(ends[1], F_SETPIPE_SZ, (int)size);
	return room < 0 ? PIPE_BUF : room;
}

ssize_t
pipe_widen(int fd, size_t size)
{
	ssize_t now = fcntl(fd, F_GETPIPE_SZ);
	int most = size < INT_MAX ? (int)size : INT_MAX;

	/* Where so much is not allowed, half of it may be. */
	for (; now >= 0 && now < most; most /= 2) {
		int wide = fcntl(fd, F_SETPIPE_SZ, most);

		if (wide >= 0)
			return wide;
	}
	return now;
}

static bool
is_interrupted(void)
{
	if (errno != EINTR)
		return false;
	if (pipe_interrupted)
		pipe_interrupted();
	return true;
}

int
pipe_poll(struct pollfd *ready, size_t count, int ms)
{
	int result = poll(ready, count, ms);

	if (result >= 0)
		return result;
	if (errno == EINVAL)
		errno = EMFILE;
	return is_interrupted() ? 0 : -1;
}

/* Whether the call on FD that has failed is to be done again, after waiting for EVENTS if it would block. */
static bool
again(int fd, short events)
{
	struct pollfd ready = { .fd = fd, .events = events };

	if (is_interrupted())
		return true;
	if (errno != EAGAIN)
		return false;
	return pipe_poll(&ready, 1, -1) >= 0;
}

/* The same for what moves bytes between two descriptors. */
static bool
again_between(int from, int to)
{
	struct pollfd ready = { .fd = from, .events = POLLIN };

	bool on_input = errno == EAGAIN && pipe_poll(&ready, 1, 0) == 0;

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
pipe_splice_now(int from, int to, size_t size)
{
	ssize_t moved;

	do
		moved = splice(from, NULL, to, NULL, size, SPLICE_F_NONBLOCK);
	while (moved < 0 && is_interrupted());
	return moved;
}

ssize_t
pipe_tee_now(int from, int to, size_t size)
{
	ssize_t made;

	do
		made = tee(from, to, size, SPLICE_F_NONBLOCK);
	while (made < 0 && is_interrupted());
	return made;
}

ssize_t
pipe_feed(int fd, const struct iovec *pieces, size_t count)
{
	ssize_t given;

	do
		given = vmsplice(fd, pieces, count, 0);
	while (given < 0 && again(fd, POLLOUT));
	return given;
}

/* Whether the pipe FD holds packets, of SIZE bytes in all: of a stream one byte is left, of a packet none. */
static bool
holds_packets(int fd, size_t size)
{
	char bytes[PIPE_BUF];
	int left;

	return read(fd, bytes, size - 1) != (ssize_t)size - 1
	       || (ioctl(fd, FIONREAD, &left) == 0 && left != 1);
}

int
pipe_gives_packets(int fd, bool waits)
{
	int flags = fcntl(fd, F_GETFL), ends[2], packets;
	ssize_t made;

	if (flags > 0 && flags & O_DIRECT)
		return 1;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return 0;
	do
		made = tee(fd, ends[1], PIPE_BUF, waits ? 0 : SPLICE_F_NONBLOCK);
	while (made < 0 && (waits ? again(fd, POLLIN) : is_interrupted()));
	packets = made < 0 && errno == EAGAIN ? -1 : 0;
	if (made > 1)
		packets = holds_packets(ends[0], (size_t)made);
	close(ends[0]);
	close(ends[1]);
	return packets;
}

bool
pipe_gives_stream(int fd, const struct stat *status)
{
	if (S_ISFIFO(status->st_mode))
		return pipe_gives_packets(fd, true) <= 0;
	return !S_ISSOCK(status->st_mode) || pipe_is_stream(fd);
}

size_t
pipe_next_size(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	int size;

	while (pipe_poll(&ready, 1, -1) == 0)
		;
	return ioctl(fd, FIONREAD, &size) < 0 || size < 0 ? 0 : (size_t)size;
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
	size_t most = size;

	*written = 0;
	while (*written < size) {
		size_t left = size - *written, next = left < most ? left : most;
		ssize_t given = write(fd, (const char *)bytes + *written, next);

		if (given >= 0)
			*written += (size_t)given;
		else if (errno == EMSGSIZE && next > 1)
			most = next / 2;
		else if (!again(fd, POLLOUT))
			return -1;
	}
	return 0;
}

/* So much goes into a terminal, or anything else, that poll(2) says is ready. */
enum { TERMINAL_READY = 256, OTHER_READY = PIPE_BUF };

/* The same for what does not know RWF_NOWAIT. */
static ssize_t
write_ready(int fd, const void *bytes, size_t size)
{
	struct pollfd ready = { .fd = fd, .events = POLLOUT };
	size_t most = isatty(fd) ? TERMINAL_READY : OTHER_READY;
	ssize_t written;

	int is_ready = pipe_poll(&ready, 1, 0);

	if (is_ready == 0)
		errno = EAGAIN;
	if (is_ready <= 0)
		return -1;
	do
		written = write(fd, bytes, size < most ? size : most);
	while (written < 0 && is_interrupted());
	return written;
}

ssize_t
pipe_write_now(int fd, const void *bytes, size_t size)
{
	struct iovec all = { (void *)(uintptr_t)bytes, size };
	ssize_t written;

	do
		/* musl has had pwritev2(2) since 1.2.5; a place of -1 is where the file is. */
		written = syscall(SYS_pwritev2, fd, &all, 1L, -1L, -1L, RWF_NOWAIT);
	while (written < 0 && is_interrupted());
	if (written < 0 && pipe_is_refusal(errno))
		return write_ready(fd, bytes, size);
	return written;
}
