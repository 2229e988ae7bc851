/* SPDX-License-Identifier: MIT */
#include "kernel/eventfd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "kernel/compat.h"
#include "kernel/fdinfo.h"
#include "kernel/pipe.h"
#include "kernel/timerfd.h"

const struct hint eventfd_hints[] = {
	{ EMFILE, "raise ulimit -n", 0 },
	{ ENFILE, "raise fs.file-max", 0 },
	{ EPERM, "a seccomp profile is in the way: allow eventfd2", 0 },
	{ ENOSYS, "this kernel or its seccomp profile has no eventfd", 0 },
	{ 0, NULL, 0 },
};

int
eventfd_open(uint64_t initial, bool semaphore)
{
	/* The call takes no more than 32 bits. */
	unsigned int first = initial <= UINT_MAX ? (unsigned int)initial : 0;
	int fd = eventfd(first, semaphore ? EFD_CLOEXEC | EFD_SEMAPHORE : EFD_CLOEXEC);

	if (fd >= 0 && initial > UINT_MAX && eventfd_add(fd, initial, 0) <= 0) {
		file_close(fd);
		return -1;
	}
	return fd;
}

/* Of the descriptors without a file, others that can be written have no use for a single byte, either. */
static bool
is_like_one(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN | POLLOUT };
	struct stat status;
	char byte;

	return fstat(fd, &status) == 0 && !(status.st_mode & S_IFMT) && poll(&ready, 1, 0) > 0
	       && ready.revents & (POLLIN | POLLOUT) && read(fd, &byte, 1) < 0 && errno == EINVAL
	       && write(fd, "", 1) < 0 && errno == EINVAL;
}

int
eventfd_is(int fd)
{
	static const char name[] = "anon_inode:[eventfd]";
	char path[40], target[sizeof(name)];
	ssize_t length;

	if (fcntl(fd, F_GETFD) < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	length = readlink(path, target, sizeof(target));
	if (length < 0)
		return is_like_one(fd);
	return length == sizeof(name) - 1 && !memcmp(target, name, sizeof(name) - 1);
}

/* Takes the number, which is hexadecimal, out of the line that has it. */
static bool
take_count(const char *line, void *context)
{
	static const char key[] = "eventfd-count:", digits[] = "0123456789abcdef";
	uint64_t *count = context;

	if (strncmp(line, key, sizeof(key) - 1) != 0)
		return false;
	line += sizeof(key) - 1;
	line += strspn(line, " \t");
	for (const char *digit; *line && (digit = strchr(digits, *line)); line++)
		*count = *count * 16 + (uint64_t)(digit - digits);
	return true;
}

int
eventfd_look(int fd, uint64_t *count)
{
	*count = 0;
	return fdinfo_find(0, fd, take_count, count);
}

/* ---- calls that end in time: a description without O_NONBLOCK has no other way ---- */

/* What the alarm has replaced. */
struct alarm {
	struct sigaction action;
	sigset_t mask;
};

enum { AGAIN = 10000 /* microseconds: the first one may come before the call has begun to wait */ };

static void
interrupt(int signal)
{
	(void)signal;
}

/* From DEADLINE on, a call that waits fails with EINTR. */
static void
set_alarm(struct alarm *alarm, int64_t deadline)
{
	enum { MICROSECOND = 1000, SECOND = 1000000 };
	struct sigaction catch = { .sa_handler = interrupt };
	int64_t left = (deadline - timerfd_now(CLOCK_MONOTONIC)) / MICROSECOND;
	struct itimerval timer = { .it_interval.tv_usec = AGAIN };
	sigset_t set;

	left = left < 1 ? 1 : left;
	timer.it_value = (struct timeval){ left / SECOND, left % SECOND };
	sigaction(SIGALRM, &catch, &alarm->action);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, &alarm->mask);
	setitimer(ITIMER_REAL, &timer, NULL);
}

static void
clear_alarm(const struct alarm *alarm)
{
	const struct itimerval none = { .it_value.tv_sec = 0 };
	int error = errno;

	setitimer(ITIMER_REAL, &none, NULL);
	sigprocmask(SIG_SETMASK, &alarm->mask, NULL);
	sigaction(SIGALRM, &alarm->action, NULL);
	errno = error;
}

/* Before Linux 5.8: somebody may take first what poll(2) has seen. */
static ssize_t
read_in_time(int fd, uint64_t *value)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	struct alarm alarm;
	ssize_t size;

	if (poll(&ready, 1, 0) <= 0) {
		errno = EAGAIN;
		return -1;
	}
	set_alarm(&alarm, 0);
	size = read(fd, value, sizeof(*value));
	clear_alarm(&alarm);
	return size;
}

int
eventfd_take(int fd, uint64_t *value)
{
	struct iovec all = { value, sizeof(*value) };
	ssize_t size;

	size = syscall(SYS_preadv2, fd, &all, 1L, -1L, -1L, RWF_NOWAIT);
	if (size < 0 && pipe_is_refusal(errno))
		size = read_in_time(fd, value);
	if (size < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	return 1;
}

int
eventfd_take_one(int fd)
{
	uint64_t value;
	int result = eventfd_take(fd, &value);

	if (result > 0 && value > 1 && eventfd_add(fd, value - 1, INT64_MAX) < 0)
		return -1;
	return result;
}

/* Writes, and where the description does not wait waits itself, for a moment: 1, 0 try again, -1 errno. */
static int
write_once(int fd, uint64_t value)
{
	struct pollfd room = { .fd = fd, .events = POLLOUT };
	const struct timespec moment = { .tv_nsec = AGAIN * 1000L };

	if (write(fd, &value, sizeof(value)) >= 0)
		return 1;
	/* Ready means that there is room for 1. */
	if (errno == EAGAIN && poll(&room, 1, AGAIN / 1000) > 0)
		nanosleep(&moment, NULL);
	else if (errno != EAGAIN && errno != EINTR)
		return -1;
	return 0;
}

int
eventfd_add(int fd, uint64_t value, int64_t deadline)
{
	bool ends = deadline != INT64_MAX;
	struct alarm alarm;
	int result;

	if (ends)
		set_alarm(&alarm, deadline);
	while ((result = write_once(fd, value)) == 0
	       && (!ends || timerfd_now(CLOCK_MONOTONIC) < deadline))
		;
	if (ends)
		clear_alarm(&alarm);
	return result;
}
