/* SPDX-License-Identifier: MIT */
#include "namespaces/standing.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

#include "cli/num.h"
#include "cli/say.h"
#include "kernel/epoll.h"
#include "kernel/pid.h"
#include "kernel/timerfd.h"
#include "process/signals.h"

/*
 * After so many nanoseconds it is looked again what has become of a signal that waits, then after twice as
 * many ...
 */
enum { AGAIN = 10000000, AT_LEAST_EVERY = 1000000000 };

enum fate {
	FATE_HEEDED, /* it has a handler, is read, or is ignored; or nobody knows */
	FATE_WAITS,  /* it has come, and nothing has become of it yet */
	FATE_LOST,   /* it would have its default action, and process 1 has none */
};

/* What becomes of SIGNAL in the process PID. */
static enum fate
fate_of(pid_t pid, int signal)
{
	uint64_t bit = UINT64_C(1) << (signal - 1);
	struct pid_signals now;

	if (pid_signals(pid, &now) < 0)
		return FATE_HEEDED;
	if ((now.pending | now.shared_pending) & bit)
		return FATE_WAITS;
	return (now.blocked | now.ignored | now.caught) & bit ? FATE_HEEDED : FATE_LOST;
}

static bool
is_harmless(int signal)
{
	return signal == SIGCHLD || signal == SIGCONT || signal == SIGURG || signal == SIGWINCH;
}

static bool
is_stop(int signal)
{
	return signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/* supervise.h's take: what the default action would be elsewhere is done by KILL and STOP, which it heeds. */
static int
take(const struct signalfd_record *record, bool is_shared, void *context)
{
	struct standing *standing = context;
	int signal = record->signal;
	/* Nobody in its session could continue it: the kernel keeps these from it, too. */
	bool is_orphaned = standing->supervise.elsewhere && is_stop(signal);

	(void)is_shared;
	if (!(standing->is_shielded || is_orphaned) || is_harmless(signal))
		return signal;
	if (fate_of(standing->supervise.pid, signal) != FATE_LOST) {
		standing->sent = is_stop(signal) ? 0 : signal;
		standing->patience = AGAIN;
		return signal;
	}
	if (is_stop(signal)) {
		standing->stops = signal;
		return SIGSTOP;
	}
	standing->meant = signal;
	return SIGKILL;
}

/* What was sent on may have waited there for a moment, and have been lost after all. */
static void
look_again(struct standing *standing)
{
	enum fate fate =
		standing->sent ? fate_of(standing->supervise.pid, standing->sent) : FATE_WAITS;

	if (fate == FATE_WAITS)
		return;
	if (fate == FATE_LOST) {
		standing->meant = standing->sent;
		supervise_signal(&standing->supervise, SIGKILL);
	}
	standing->sent = 0;
}

int
standing_open(struct standing *standing)
{
	standing->supervise.take = take;
	standing->supervise.context = standing;
	if (supervise_open(&standing->supervise) == 0)
		return 0;
	return fail(signalfd_hints, "cannot receive signals");
}

static int
wait_for_news(struct standing *standing)
{
	struct supervise *supervise = &standing->supervise;
	int64_t due = supervise_deadline(supervise), soon = NUM_FOREVER;
	struct pollfd fds[] = { { .fd = supervise->fd, .events = POLLIN },
				{ .fd = standing->gate, .events = POLLIN },
				{ .fd = standing->pidfd, .events = POLLIN } };
	struct timespec space;

	if (standing->sent) {
		soon = timerfd_in(standing->patience);
		if (standing->patience < AT_LEAST_EVERY)
			standing->patience *= 2;
	}
	if (ppoll(fds, 3, timerfd_until(soon < due ? soon : due, &space), NULL) < 0)
		return errno == EINTR ? 0 : fail(epoll_read_hints, "cannot wait for signals");
	supervise->leftover |= fds[2].revents != 0;
	return fds[1].revents ? standing->hear(standing, standing->context) : 0;
}

/* What process 1 was meant to be stopped by: it has been, by STOP. */
static bool
follow(struct standing *standing)
{
	int signal = standing->stops;

	if (!signal || !standing->supervise.is_stopped)
		return false;
	standing->stops = 0;
	supervise_follow(&standing->supervise, signal);
	return true;
}

int
standing_run(struct standing *standing)
{
	struct supervise *supervise = &standing->supervise;
	int result = 0, status = 0;

	while (!status && !standing->is_done && (result = supervise_step(supervise)) == 0) {
		look_again(standing);
		if (!follow(standing))
			status = wait_for_news(standing);
	}
	/* What tells of its end comes after the pidfd, and is meant for nobody else. */
	if (supervise->ended && standing->pidfd >= 0)
		result = supervise_step(supervise);
	/* It may have ended before its last word was heard. */
	while (!status && !standing->is_done && standing->gate >= 0) {
		struct pollfd gate = { .fd = standing->gate, .events = POLLIN };

		if (poll(&gate, 1, 0) <= 0)
			break;
		status = standing->hear(standing, standing->context);
	}
	if (status) {
		supervise_signal(supervise, SIGKILL);
		supervise_run(supervise, NUM_FOREVER);
		return status;
	}
	return result < 0 ? fail(epoll_read_hints, "cannot receive signals") : 0;
}

int
standing_end(struct standing *standing, int status)
{
	int signal = standing->supervise.signal;

	if (standing->meant && signal == SIGKILL)
		signal = standing->meant;
	supervise_close(&standing->supervise);
	if (status || standing->is_done)
		return status;
	if (!signal)
		return standing->supervise.status;
	return signals_end_by(signal);
}
