/* SPDX-License-Identifier: MIT */
#include "kernel/epoll.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>

const struct hint epoll_hints[] = {
	{ EMFILE, "raise ulimit -n", 0 },
	{ ENFILE, "raise fs.file-max", 0 },
	{ ENOSPC, "raise fs.epoll.max_user_watches", 0 },
	{ ENOSYS, "this kernel or its seccomp profile has no epoll", 0 },
	{ EPERM, "a regular file is always ready, or a seccomp profile is in the way", 0 },
	{ 0, NULL, 0 },
};

/* For what is open already only who stands between this program and the kernel refuses that. */
const struct hint epoll_read_hints[] = {
	{ EPERM, "a seccomp profile is in the way: allow ppoll, epoll_wait and read", 0 },
	{ ENOSYS, "a seccomp profile is in the way: allow ppoll, epoll_wait and read", 0 },
	{ 0, NULL, 0 },
};

int
epoll_open(void)
{
	return epoll_create1(EPOLL_CLOEXEC);
}

/* (EPOLLIN and its kin have the numbers of POLLIN and its kin.) */
static int
control(int set, int how, int fd, uint32_t events, uint64_t key)
{
	struct epoll_event event = { .events = events, .data.u64 = key };

	return epoll_ctl(set, how, fd, &event);
}

int
epoll_add(int set, int fd, short events, uint64_t key)
{
	return control(set, EPOLL_CTL_ADD, fd, (uint16_t)events, key);
}

int
epoll_add_edge(int set, int fd, short events, uint64_t key)
{
	return control(set, EPOLL_CTL_ADD, fd, (uint16_t)events | EPOLLET, key);
}

int
epoll_change(int set, int fd, short events, uint64_t key)
{
	return control(set, EPOLL_CTL_MOD, fd, (uint16_t)events, key);
}

int
epoll_remove(int set, int fd)
{
	return control(set, EPOLL_CTL_DEL, fd, 0, 0);
}

/* TIMEOUT in milliseconds, not less; -1: no limit. */
static int
milliseconds(const struct timespec *timeout)
{
	enum { MANY = INT_MAX / 1000 - 1 };

	if (!timeout)
		return -1;
	return timeout->tv_sec > MANY
		       ? INT_MAX
		       : (int)timeout->tv_sec * 1000 + (int)((timeout->tv_nsec + 999999) / 1000000);
}

int
epoll_sleep(int set, struct epoll_ready ready[EPOLL_AT_ONCE], const struct timespec *timeout)
{
	struct epoll_event events[EPOLL_AT_ONCE];
	int count = epoll_wait(set, events, EPOLL_AT_ONCE, milliseconds(timeout));

	for (int i = 0; i < count; i++)
		ready[i] = (struct epoll_ready){ .key = events[i].data.u64,
						 .revents = (short)events[i].events };
	return count;
}

int
epoll_look(int set, struct epoll_ready ready[EPOLL_AT_ONCE])
{
	static const struct timespec now = { 0, 0 };
	int count;

	do
		count = epoll_sleep(set, ready, &now);
	while (count < 0 && errno == EINTR);
	return count;
}
