/* SPDX-License-Identifier: MIT */
/* epoll(7): many descriptors that become ready as one that does. */
#ifndef BUTTER_EPOLL_H
#define BUTTER_EPOLL_H

#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "cli/say.h"

/* Advice for errors of these; for those of waiting for a descriptor, and reading it: ppoll(2), read(2). */
extern const struct hint epoll_hints[];
extern const struct hint epoll_read_hints[];

/* What is ready: the KEY of its registration, and POLLIN, POLLHUP ... of poll(2). */
struct epoll_ready {
	uint64_t key;
	short revents;
};

enum { EPOLL_AT_ONCE = 64 };

/* A new, empty set, close-on-exec. -1 with errno EMFILE, ENFILE, ENOMEM, ENOSYS. */
int epoll_open(void);

/*
 * FD belongs to the set, and is ready by EVENTS of poll(2), which may be 0: POLLHUP and POLLERR always count.
 * -1 with errno EPERM (a file that is always ready), EEXIST, ENOMEM, ENOSPC (fs.epoll.max_user_watches).
 */
int epoll_add(int set, int fd, short events, uint64_t key);

/* The same, but it is ready only when something new has made it so; EPOLLET. */
int epoll_add_edge(int set, int fd, short events, uint64_t key);

/* As epoll_add, for one that belongs to it already. */
int epoll_change(int set, int fd, short events, uint64_t key);

/* FD does not belong to it any more. */
int epoll_remove(int set, int fd);

/*
 * Sleeps until some are ready or TIMEOUT (NULL: no limit) has passed, never less; the kernel counts
 * milliseconds. How many of them are in READY; 0 the time has passed, or weeks have; -1 with errno EINTR.
 */
int epoll_sleep(int set, struct epoll_ready ready[EPOLL_AT_ONCE], const struct timespec *timeout);

/* Those that are ready now, EPOLL_AT_ONCE of them at most: how many, or -1 with errno. */
int epoll_look(int set, struct epoll_ready ready[EPOLL_AT_ONCE]);

#endif
