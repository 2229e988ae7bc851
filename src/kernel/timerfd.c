/* SPDX-License-Identifier: MIT */
#include "kernel/timerfd.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "kernel/capability.h"

enum { SECOND = 1000000000 };

const struct name timerfd_clocks[] = {
	{ "monotonic", CLOCK_MONOTONIC },
	{ "realtime", CLOCK_REALTIME },
	{ "boottime", CLOCK_BOOTTIME },
	{ "realtime-alarm", CLOCK_REALTIME_ALARM },
	{ "boottime-alarm", CLOCK_BOOTTIME_ALARM },
	{ "" },
};

static const struct hint hints[] = {
	/* Only for the alarm clocks: */
	{ EPERM, "the -alarm clocks need CAP_WAKE_ALARM: run as root or take another --clock",
	  CAP_WAKE_ALARM },
	{ EPERM, "a seccomp profile is in the way: allow timerfd_create and timerfd_settime", 0 },
	{ EMFILE, "raise ulimit -n", 0 },
	{ ENFILE, "raise fs.file-max", 0 },
	{ EINVAL, "this kernel does not know the clock: take another --clock", 0 },
	{ ENOSYS, "this kernel or its seccomp profile has no timerfd", 0 },
	{ 0, NULL, 0 },
};

const struct hint *
timerfd_hints(int clock)
{
	return hints + (clock != CLOCK_REALTIME_ALARM && clock != CLOCK_BOOTTIME_ALARM);
}

int
timerfd_open(int clock)
{
	return timerfd_create(clock, TFD_CLOEXEC);
}

static struct timespec
spec(int64_t nanoseconds)
{
	return (struct timespec){ nanoseconds / SECOND, nanoseconds % SECOND };
}

int
timerfd_arm(int fd, int64_t first, int64_t every, bool at, bool on_change)
{
	struct itimerspec timer = { .it_value = spec(first < 0 ? 0 : first),
				    .it_interval = spec(every) };
	int flags = at ? TFD_TIMER_ABSTIME : 0;

	/* All zero would disarm. */
	if (!timer.it_value.tv_sec && !timer.it_value.tv_nsec)
		timer.it_value.tv_nsec = 1;
	if (on_change)
		flags |= TFD_TIMER_CANCEL_ON_SET;
	return timerfd_settime(fd, flags, &timer, NULL);
}

int
timerfd_wait(int fd)
{
	uint64_t expirations;
	ssize_t size;

	do
		size = read(fd, &expirations, sizeof(expirations));
	while (size < 0 && errno == EINTR);
	return size < 0 ? -1 : 0;
}

int64_t
timerfd_left(int fd)
{
	struct itimerspec timer;

	if (timerfd_gettime(fd, &timer) < 0)
		return -1;
	if (timer.it_value.tv_sec >= INT64_MAX / SECOND)
		return INT64_MAX;
	return timer.it_value.tv_sec * SECOND + timer.it_value.tv_nsec;
}

int64_t
timerfd_now(int clock)
{
	struct timespec now;

	/* Where no device can wake the machine, the alarm clocks run timers and yet cannot be read. */
	if (clock == CLOCK_REALTIME_ALARM)
		clock = CLOCK_REALTIME;
	if (clock == CLOCK_BOOTTIME_ALARM)
		clock = CLOCK_BOOTTIME;
	if (clock_gettime(clock, &now) < 0)
		return 0;
	return now.tv_sec * SECOND + now.tv_nsec;
}

int64_t
timerfd_in(int64_t duration)
{
	int64_t deadline;

	if (__builtin_add_overflow(timerfd_now(CLOCK_MONOTONIC), duration, &deadline))
		return INT64_MAX;
	return deadline;
}

const struct timespec *
timerfd_until(int64_t deadline, struct timespec *space)
{
	int64_t left;

	if (deadline == INT64_MAX)
		return NULL;
	left = deadline - timerfd_now(CLOCK_MONOTONIC);
	*space = spec(left < 0 ? 0 : left);
	return space;
}
