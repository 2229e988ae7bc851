/* SPDX-License-Identifier: MIT */
/* Of watch.h: the records, and who reads them. */
#include <errno.h>
#include <poll.h>
#include <signal.h>

#include "cli/num.h"
#include "event/watchpart.h"
#include "kernel/timerfd.h"
#include "process/signals.h"

void
watchpart_cannot_write(struct watchpart *loop)
{
	if (!loop->watch->unheard) {
		watchpart_end(loop, WATCH_CANNOT_WRITE);
		return;
	}
	if (!loop->mute)
		loop->watch->unheard(loop->watch->context);
	loop->mute = true;
	loop->mind_reader = false;
	record_forget(&loop->output);
}

void
watchpart_reader_left(struct watchpart *loop)
{
	raise(SIGPIPE);
	errno = EPIPE; /* the signal is ignored */
	watchpart_cannot_write(loop);
}

/*
 * Waits until the output takes more, or for what does not wait for that. Whether the service ends the
 * loop.
 */
static bool
wait_for_reader(struct watchpart *loop)
{
	struct pollfd fds[] = { { .fd = loop->output.fd, .events = POLLOUT },
				{ .fd = loop->signals, .events = POLLIN },
				{ .fd = watchpart_service_fd(loop), .events = POLLIN } };
	struct timespec space;

	if (ppoll(fds, 3, watchpart_until(loop, loop->last, &space), NULL) < 0)
		return false;
	return watchpart_is_served(loop, fds[2].revents);
}

/* Waits for the reader until the queue has room, or a signal asks to end. */
static void
make_room(struct watchpart *loop)
{
	int result;

	while ((result = record_flush(&loop->output, false)) == 0
	       && record_is_full(&loop->output)) {
		if (loop->signals >= 0 && watchpart_is_asked_to_end()) {
			watchpart_end_by_signal(loop);
			return;
		}
		if (wait_for_reader(loop)) {
			watchpart_end(loop, WATCH_SERVED);
			return;
		}
	}
	if (result < 0)
		watchpart_cannot_write(loop);
}

void
watchpart_show(struct watchpart *loop, const struct event *event)
{
	if (loop->watch->print->style == PRINT_NOTHING || loop->mute)
		return;
	print_event(record_begin(&loop->output), loop->watch->print, event);
	record_end(&loop->output);
	if (record_size(&loop->output) < loop->flush_at)
		return;
	if (record_flush(&loop->output, false) < 0)
		watchpart_cannot_write(loop);
	else if (record_is_full(&loop->output) && !loop->ending)
		make_room(loop);
	loop->flush_at = record_size(&loop->output) + WATCHPART_FLUSH;
}

/* Writes what the reader takes in time, or until a second signal. As record_flush. */
static int
flush_in_time(struct watchpart *loop)
{
	struct pollfd fds[] = { { .fd = loop->output.fd, .events = POLLOUT },
				{ .fd = loop->signals, .events = POLLIN } };
	struct timespec space;
	int result;

	signals_take();
	while ((result = record_flush(&loop->output, false)) == 0
	       && timerfd_now(CLOCK_MONOTONIC) < loop->last)
		if (ppoll(fds, 2, watchpart_time_left(loop, loop->last, &space), NULL) > 0
		    && fds[1].revents)
			break;
	return result;
}

int
watchpart_flush_last(struct watchpart *loop)
{
	int result;

	while ((result = record_flush(&loop->output, false)) == 0 && loop->end != WATCH_SIGNALLED
	       && loop->end != WATCH_SERVED)
		if (wait_for_reader(loop))
			loop->end = WATCH_SERVED;
		else if (loop->signals >= 0 && watchpart_is_asked_to_end())
			loop->end = WATCH_SIGNALLED;
	if (result || !loop->watch->last_words)
		return result;
	if (!loop->ending)
		loop->last = timerfd_now(CLOCK_MONOTONIC) + WATCH_LAST_WORDS * NUM_SECOND;
	return flush_in_time(loop);
}
