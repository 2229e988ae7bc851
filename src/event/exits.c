/* SPDX-License-Identifier: MIT */
#include "event/exits.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/moment.h"
#include "cli/num.h"
#include "cli/signal.h"
#include "kernel/epoll.h"
#include "kernel/pidfd.h"
#include "kernel/timerfd.h"
#include "memory.h"

const struct name exit_names[] = {
	{ "exit", EXIT, "exit" },
	{ "" },
};

#define PROFILE                                                                                    \
	"a seccomp profile is in the way: allow epoll_create1, epoll_ctl, epoll_wait, ppoll and timerfd_settime"

const struct hint exits_hints[] = {
	{ EPERM, PROFILE, 0 },
	{ ENOSYS, PROFILE, 0 },
	{ 0, NULL, 0 },
};

/* The key of the timer in the set; others are the places in the list. */
static const uint64_t timer_key = UINT64_MAX;

/* When patience with ONE, which has ended, is over. */
static int64_t
due(const struct exits *exits, const struct exits_one *one)
{
	int64_t end;

	if (__builtin_add_overflow(one->at, exits->patience, &end))
		end = NUM_FOREVER;
	return end < exits->deadline ? end : exits->deadline;
}

/* The timer fires when the first of these is. -1 with errno of timerfd_arm. */
static int
arm(struct exits *exits)
{
	int64_t first = NUM_FOREVER;

	for (size_t i = 0; i < exits->count && exits->waiting; i++) {
		const struct exits_one *one = &exits->all[i];

		if (one->pidfd >= 0 && one->ended && due(exits, one) < first)
			first = due(exits, one);
	}
	return first == NUM_FOREVER ? 0 : timerfd_arm(exits->timer, first, 0, true, false);
}

static void
hear(struct exits *exits, size_t place)
{
	exits->ready[exits->heard++] = place;
}

/* All whose time may be over. */
static void
hear_late(struct exits *exits)
{
	int64_t now = timerfd_now(CLOCK_MONOTONIC);

	for (size_t i = 0; i < exits->count; i++) {
		const struct exits_one *one = &exits->all[i];

		if (one->gone || (one->pidfd >= 0 && one->ended && due(exits, one) <= now))
			hear(exits, i);
	}
}

static int
fill(struct source *source)
{
	struct exits *exits = (struct exits *)source;
	struct epoll_ready ready[EPOLL_AT_ONCE];
	int count = epoll_look(source->fd, ready);

	if (count < 0)
		return -1;
	exits->heard = exits->looked = 0;
	source->read_at = moment_now();
	for (int i = 0; i < count; i++)
		if (ready[i].key != timer_key)
			hear(exits, (size_t)ready[i].key);
		else if (timerfd_wait(exits->timer) < 0)
			return -1;
	if (exits->waiting || count)
		hear_late(exits);
	return exits->heard > 0;
}

static void
forget(struct exits *exits, struct exits_one *one)
{
	exits->left--;
	exits->waiting -= one->ended;
	one->gone = false;
	if (one->pidfd >= 0) {
		/* (Closing it would do, had nobody else the same one.) */
		epoll_remove(exits->source.fd, one->pidfd);
		close(one->pidfd);
		one->pidfd = -1;
	}
	/* Nothing can come any more. */
	if (!exits->left) {
		close(exits->source.fd);
		exits->source.fd = -1;
	}
}

/* From now on only the wait of its parent is of interest, or that its time is over. */
static int
wait_for_parent(struct exits *exits, struct exits_one *one)
{
	if (one->ended)
		return 0;
	one->ended = true;
	exits->waiting++;
	if (epoll_change(exits->source.fd, one->pidfd, 0, (uint64_t)(one - exits->all)) < 0)
		return -1;
	return arm(exits);
}

static void
set_status(struct ended *ended, bool known, int status)
{
	ended->has_status = known;
	if (known)
		ended->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	if (known && WIFSIGNALED(status))
		signal_name(WTERMSIG(status), ended->signal);
}

/* What is to be told of ONE now: 1, 0 nothing yet, -1 errno. */
static int
look(struct exits *exits, struct exits_one *one)
{
	int64_t now = timerfd_now(CLOCK_MONOTONIC);
	enum pidfd_stage stage;
	bool known;
	int status;

	exits->ended = (struct ended){ .pid = one->pid };
	if (one->gone)
		return 1;
	if (one->pidfd < 0)
		return 0;
	stage = pidfd_look(one->pidfd, one->pid, &known, &status);
	if (stage == PIDFD_RUNS)
		return 0;
	if (!one->ended)
		one->at = now;
	if (!known && stage == PIDFD_ZOMBIE && now < due(exits, one))
		return wait_for_parent(exits, one);
	set_status(&exits->ended, known, status);
	return 1;
}

static int
decode(struct source *source, struct event *event)
{
	struct exits *exits = (struct exits *)source;

	while (exits->looked < exits->heard) {
		struct exits_one *one = &exits->all[exits->ready[exits->looked++]];
		bool gone = one->gone;
		int result = look(exits, one);

		if (result < 0)
			return -1;
		if (!result)
			continue;
		*event = (struct event){ .time = source->read_at,
					 .names = exit_names,
					 .what = EXIT,
					 .synthetic = gone,
					 .ended = &exits->ended,
					 .source = one->name };
		forget(exits, one);
		return 1;
	}
	return 0;
}

int
exits_open(struct exits *exits, int64_t patience, const struct hint **hints)
{
	*exits = (struct exits){ .patience = patience, .deadline = NUM_FOREVER };
	exits->timer = timerfd_open(CLOCK_MONOTONIC);
	exits->source = (struct source){ .fd = exits->timer < 0 ? -1 : epoll_open(),
					 .nonblocking = true,
					 .fill = fill,
					 .decode = decode };
	if (exits->source.fd >= 0
	    && epoll_add(exits->source.fd, exits->timer, POLLIN, timer_key) == 0)
		return 0;
	*hints = exits->timer < 0 ? timerfd_hints(CLOCK_MONOTONIC)
		 : errno == EPERM ? exits_hints
				  : epoll_hints;
	exits_close(exits);
	return -1;
}

static struct exits_one *
extend(struct exits *exits)
{
	if (exits->count == exits->room) {
		exits->room = exits->room ? 2 * exits->room : 16;
		exits->all = memory_resize(exits->all, exits->room, sizeof(*exits->all));
		exits->ready = memory_resize(exits->ready, exits->room + EPOLL_AT_ONCE,
					     sizeof(*exits->ready));
	}
	return &exits->all[exits->count];
}

int
exits_add(struct exits *exits, int pidfd, pid_t pid, const char *name)
{
	struct exits_one *one = extend(exits);

	if (epoll_add(exits->source.fd, pidfd, POLLIN, exits->count) < 0)
		return -1;
	*one = (struct exits_one){ .pidfd = pidfd, .pid = pid, .name = name };
	exits->count++;
	exits->left++;
	return 0;
}

void
exits_add_gone(struct exits *exits, pid_t pid, const char *name)
{
	*extend(exits) = (struct exits_one){ .pidfd = -1, .pid = pid, .name = name, .gone = true };
	exits->count++;
	exits->left++;
	/* So that the descriptor is ready. */
	timerfd_arm(exits->timer, 0, 0, false, false);
}

void
exits_close(struct exits *exits)
{
	int error = errno;

	for (size_t i = 0; i < exits->count; i++)
		if (exits->all[i].pidfd >= 0)
			close(exits->all[i].pidfd);
	free(exits->all);
	free(exits->ready);
	if (exits->timer >= 0)
		close(exits->timer);
	source_close(&exits->source);
	*exits = (struct exits){ .source.fd = -1, .timer = -1 };
	errno = error;
}
