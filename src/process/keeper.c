/* SPDX-License-Identifier: MIT */
#include "process/keeper.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "kernel/eventfd.h"
#include "kernel/pidfd.h"
#include "kernel/timerfd.h"
#include "memory.h"
#include "process/channel.h"
#include "process/descriptors.h"
#include "process/token.h"

int
keeper_open(struct keeper *keeper, int eventfd)
{
	int ends[2];

	*keeper = (struct keeper){ .eventfd = eventfd, .shared = -1, .asked = -1 };
	if (channel_open(ends) < 0)
		return -1;
	keeper->shared = ends[0];
	keeper->asked = ends[1];
	return 0;
}

/* ---- one holder ---- */

/* The next one asks. */
static bool
admit(struct keeper *keeper)
{
	int channel = channel_receive_descriptor(keeper->asked);

	/* Who could not be admitted sees his channel close. */
	if (channel < 0)
		return errno == EPROTO;
	if (channel_ask_senders(channel) < 0) {
		close(channel);
		return true;
	}
	if (keeper->count == keeper->room) {
		keeper->room = keeper->room ? 2 * keeper->room : 16;
		keeper->holders =
			memory_resize(keeper->holders, keeper->room, sizeof(*keeper->holders));
	}
	keeper->holders[keeper->count++] = (struct holder){ .channel = channel, .pidfd = -1 };
	return true;
}

/* The token, if there is one, is free. */
static void
release(struct keeper *keeper, struct holder *holder)
{
	file_close(holder->pidfd);
	holder->pidfd = -1;
	/* A counter that has no room for one more has enough. */
	if (holder->has_one)
		eventfd_add(keeper->eventfd, 1, 0);
	holder->has_one = false;
}

static void
dismiss(struct holder *holder)
{
	file_close(holder->channel);
	holder->channel = -1;
}

/* Takes what was said on the channel. */
static void
listen_to(struct keeper *keeper, struct holder *holder)
{
	pid_t sender;
	char what;
	int result;

	while ((result = channel_receive(holder->channel, &what, &sender)) > 0) {
		if (what == TOKEN_BACK) {
			release(keeper, holder);
			dismiss(holder);
			return;
		}
		if (what == TOKEN_USED && holder->has_one) {
			file_close(holder->pidfd);
			holder->pidfd = pidfd_of(sender);
		}
	}
	if (result < 0)
		dismiss(holder);
}

/* Whether a token that nobody took would be given to it. */
static bool
is_waiting(const struct holder *holder)
{
	return holder->channel >= 0 && !holder->has_one;
}

/* A token for one that waits: 1, 0 there is none left, -1 errno. */
static int
grant(struct keeper *keeper, struct holder *holder)
{
	static const char granted = TOKEN_GRANTED;
	int result = eventfd_take_one(keeper->eventfd);

	if (result <= 0)
		return result;
	holder->has_one = true;
	if (write(holder->channel, &granted, 1) != 1) {
		release(keeper, holder);
		dismiss(holder);
	}
	return 1;
}

/* Tells it that there is none, once. */
static void
put_off(struct holder *holder)
{
	static const char wait = TOKEN_WAIT;

	if (!holder->knows && write(holder->channel, &wait, 1) != 1)
		dismiss(holder);
	holder->knows = true;
}

/* ---- all of them ---- */

/* Forgets those that are over; the order stays. */
static void
tidy(struct keeper *keeper)
{
	size_t kept = 0;

	for (size_t i = 0; i < keeper->count; i++) {
		struct holder *holder = &keeper->holders[i];

		if (holder->channel < 0 && (holder->pidfd < 0 || pidfd_has_ended(holder->pidfd)))
			release(keeper, holder);
		if (holder->channel >= 0 || holder->pidfd >= 0)
			keeper->holders[kept++] = *holder;
	}
	keeper->count = kept;
}

/* What there is goes to those who wait. -1 with errno. */
static int
hand_out(struct keeper *keeper)
{
	int result = 1;

	for (size_t i = 0; i < keeper->count; i++) {
		struct holder *holder = &keeper->holders[i];

		if (is_waiting(holder) && result > 0)
			result = grant(keeper, holder);
		if (is_waiting(holder))
			put_off(holder);
	}
	return result;
}

enum { OTHERS = 3 };

/* Whom to listen to. A command is of interest when nobody else has its token. */
static size_t
fill(struct keeper *keeper, const struct supervise *supervise)
{
	bool waits = false;

	keeper->fds = memory_resize(keeper->fds, keeper->count + OTHERS, sizeof(*keeper->fds));
	for (size_t i = 0; i < keeper->count; i++) {
		const struct holder *holder = &keeper->holders[i];

		waits |= is_waiting(holder);
		keeper->fds[i + OTHERS] =
			(struct pollfd){ .fd = holder->channel >= 0 ? holder->channel
								    : holder->pidfd,
					 .events = POLLIN };
	}
	keeper->fds[0] = (struct pollfd){ .fd = supervise->fd, .events = POLLIN };
	keeper->fds[1] = (struct pollfd){ .fd = keeper->asked, .events = POLLIN };
	keeper->fds[2] = (struct pollfd){ .fd = waits ? keeper->eventfd : -1, .events = POLLIN };
	return keeper->count + OTHERS;
}

static int
sleep_until_ready(struct keeper *keeper, const struct supervise *supervise)
{
	struct timespec space;
	const struct timespec *timeout = timerfd_until(supervise_deadline(supervise), &space);
	size_t count = fill(keeper, supervise);

	return ppoll(keeper->fds, count, timeout, NULL) < 0 && errno != EINTR ? -1 : 0;
}

int
keeper_run(struct keeper *keeper, struct supervise *supervise)
{
	int result;

	/* For each job two; the command has started with the limit as it was. */
	descriptors_raise_limit();
	while ((result = supervise_step(supervise)) == 0) {
		size_t known = keeper->count;

		if (sleep_until_ready(keeper, supervise) < 0)
			return -1;
		for (size_t i = 0; i < known; i++)
			if (keeper->fds[i + OTHERS].revents && keeper->holders[i].channel >= 0)
				listen_to(keeper, &keeper->holders[i]);
		while (keeper->fds[1].revents && admit(keeper))
			;
		tidy(keeper);
		if (hand_out(keeper) < 0)
			return -1;
	}
	return result;
}

void
keeper_close(struct keeper *keeper)
{
	for (size_t i = 0; i < keeper->count; i++) {
		dismiss(&keeper->holders[i]);
		file_close(keeper->holders[i].pidfd);
	}
	free(keeper->holders);
	free(keeper->fds);
	file_close(keeper->shared);
	file_close(keeper->asked);
	*keeper = (struct keeper){ .eventfd = -1, .shared = -1, .asked = -1 };
}
