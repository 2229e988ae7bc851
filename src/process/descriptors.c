/* SPDX-License-Identifier: MIT */
#include "process/descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/compat.h"

/* Without /dev: the end of a pipe whose other end is closed. */
static int
pipe_end(bool for_writing)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -1;
	close(ends[!for_writing]);
	return ends[for_writing];
}

/* Those of 0 to 2 that were closed. */
static bool occupied[3];

static int
occupy(int fd)
{
	bool for_writing = fd == STDIN_FILENO;
	int held = open("/dev/null", (for_writing ? O_WRONLY : O_RDONLY) | O_CLOEXEC), placed;

	occupied[fd] = true;
	if (held < 0)
		held = pipe_end(for_writing);
	if (held < 0 || held == fd)
		return held;
	placed = dup3(held, fd, O_CLOEXEC);
	close(held);
	return placed;
}

int
descriptors_occupy(void)
{
	struct pollfd fds[3] = { { .fd = 0 }, { .fd = 1 }, { .fd = 2 } };
	int result;

	/* One call for the usual case that all are open: POLLNVAL is how poll(2) says closed. */
	do
		result = poll(fds, 3, 0);
	while (result < 0 && errno == EINTR);
	/* Where less than three are allowed, none can be had. */
	if (result < 0 && errno == EINVAL)
		return 0;
	for (int fd = 0; fd < 3; fd++) {
		bool is_closed = result < 0 ? fcntl(fd, F_GETFD) < 0 && errno == EBADF
					    : fds[fd].revents & POLLNVAL;

		if (is_closed && occupy(fd) < 0)
			return -1;
	}
	return 0;
}

bool
descriptors_is_closed(int fd)
{
	return fd >= 0 && fd <= STDERR_FILENO && occupied[fd];
}

int
descriptors_ready(int fd)
{
	ssize_t size;

	if (fd < 0)
		return 0;
	do
		size = write(fd, "\n", 1);
	while (size < 0 && errno == EINTR);
	close(fd);
	if (fd <= STDERR_FILENO && occupy(fd) < 0)
		return -1;
	return size < 0 ? -1 : 0;
}

/* One by one there are no more than this: a limit of a billion would take minutes. */
enum { MOST = 1 << 16 };

static bool
is_below_limit(int fd)
{
	long limit = sysconf(_SC_OPEN_MAX);

	return fd < MOST && (limit < 0 || fd < limit);
}

size_t
descriptors_raise_limit(void)
{
	struct rlimit limit;
	rlim_t before;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return SIZE_MAX;
	before = limit.rlim_cur;
	limit.rlim_cur = limit.rlim_max;
	if (before != limit.rlim_max && setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return before;
	return limit.rlim_cur;
}

/* From FROM to TO, both included. */
static void
close_range_of(unsigned int from, unsigned int to)
{
	if (from > to || syscall(SYS_close_range, from, to, 0) == 0)
		return;
	for (int fd = (int)from; (unsigned int)fd <= to && is_below_limit(fd); fd++)
		close(fd);
}

void
descriptors_close_but(const int *kept, size_t count)
{
	unsigned int from = STDERR_FILENO + 1;

	for (size_t i = 0; i < count; i++)
		if (kept[i] >= (int)from) {
			close_range_of(from, (unsigned int)kept[i] - 1);
			from = (unsigned int)kept[i] + 1;
		}
	close_range_of(from, ~0U);
}

int
descriptors_free(int from)
{
	while (fcntl(from, F_GETFD) >= 0)
		from++;
	return from;
}

int
descriptors_give(int fd, int to)
{
	if (fd != to && dup3(fd, to, O_CLOEXEC) < 0)
		return -1;
	return fcntl(to, F_SETFD, 0);
}

void
descriptors_speak(void)
{
	descriptors_give(STDERR_FILENO, STDOUT_FILENO);
}

int
descriptors_copy(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

void
descriptors_hide(int fd)
{
	if (fd > STDERR_FILENO)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
}

void
descriptors_replace(int fd)
{
	for (int to = STDIN_FILENO; to <= STDERR_FILENO; to++)
		descriptors_give(fd, to);
	if (fd > STDERR_FILENO)
		close(fd);
}

void
descriptors_keep(void)
{
	if (syscall(SYS_close_range, STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return;
	for (int fd = STDERR_FILENO + 1; is_below_limit(fd); fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
}
