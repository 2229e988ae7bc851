/* SPDX-License-Identifier: MIT */
/* Of watch.h: what it waits for besides events, and how long. */
#include <errno.h>
#include <poll.h>
#include <time.h>

#include "cli/num.h"
#include "event/watchpart.h"
#include "kernel/timerfd.h"
#include "process/signals.h"

/*
 * Events pour in when reads that follow each other within so many nanoseconds, so many of them, found
 * some each time, and as long as a rest brings at least so many bytes.
 */
enum { SOON = 200000, POURING = 4, WORTH_A_REST = 256 };

bool
watchpart_is_full(const struct watchpart *loop)
{
	return loop->watch->react && react_is_full(loop->watch->react);
}

bool
watchpart_is_asked_to_end(void)
{
	bool shared;

	signals_take();
	return signals_ending(&shared);
}

void
watchpart_end_by_signal(struct watchpart *loop)
{
	int64_t now = timerfd_now(CLOCK_MONOTONIC);

	if (!loop->watch->last_words || (loop->ending && now >= loop->last)) {
		watchpart_end(loop, WATCH_SIGNALLED);
	} else if (!loop->ending) {
		loop->ending = true;
		loop->last = now + WATCH_LAST_WORDS * NUM_SECOND;
		loop->watch->last_words(loop->watch->context);
	}
}

int
watchpart_service_fd(const struct watchpart *loop)
{
	return loop->watch->service ? loop->watch->service->fd : -1;
}

bool
watchpart_is_served(const struct watchpart *loop, short revents)
{
	struct watch_service *service = loop->watch->service;

	return service
	       && (revents
		   || (service->deadline != NUM_FOREVER
		       && timerfd_now(CLOCK_MONOTONIC) >= service->deadline))
	       && service->serve(service);
}

const struct timespec *
watchpart_until(const struct watchpart *loop, int64_t deadline, struct timespec *space)
{
	const struct watch_service *service = loop->watch->service;

	if (service && service->deadline < deadline)
		deadline = service->deadline;
	return timerfd_until(deadline, space);
}

const struct timespec *
watchpart_time_left(const struct watchpart *loop, int64_t deadline, struct timespec *space)
{
	const struct react *reaction = loop->watch->react;

	if (reaction && react_deadline(reaction) < deadline)
		deadline = react_deadline(reaction);
	return watchpart_until(loop, deadline, space);
}

bool
watchpart_may_rest(struct watchpart *loop)
{
	struct source *source = loop->watch->source;
	uint64_t size = source->total - loop->total;
	int64_t gap = source->read_at - loop->read_at;

	if (loop->rested ? size < WORTH_A_REST : size && (gap < 0 || gap > SOON))
		loop->soon = 0;
	else if (size && loop->soon < POURING)
		loop->soon++;
	if (source->hurry)
		loop->soon = 0;
	source->hurry = false;
	loop->total = source->total;
	loop->read_at = source->read_at;
	return source->rest && loop->soon == POURING;
}

/* What to sleep on. */
enum { SLEEP_SOURCE, SLEEP_OUTPUT, SLEEP_SIGNALS, SLEEP_REACTION, SLEEP_SERVICE, SLEEPERS };

static void
set_fds(const struct watchpart *loop, struct pollfd fds[SLEEPERS])
{
	const struct watch *watch = loop->watch;
	bool pending = record_size(&loop->output);

	fds[SLEEP_SOURCE] =
		(struct pollfd){ .fd = watchpart_is_full(loop) || loop->rested ? -1
									       : watch->source->fd,
				 .events = POLLIN };
	fds[SLEEP_OUTPUT] =
		(struct pollfd){ .fd = pending || loop->mind_reader ? loop->output.fd : -1,
				 .events = pending ? POLLOUT : 0 };
	fds[SLEEP_SIGNALS] = (struct pollfd){ .fd = loop->signals, .events = POLLIN };
	fds[SLEEP_REACTION] = (struct pollfd){ .fd = watch->react ? react_fd(watch->react) : -1,
					       .events = POLLIN };
	fds[SLEEP_SERVICE] = (struct pollfd){ .fd = watchpart_service_fd(loop), .events = POLLIN };
}

void
watchpart_sleep(struct watchpart *loop)
{
	struct source *source = loop->watch->source;
	struct pollfd fds[SLEEPERS];
	int64_t deadline = loop->last < loop->deadline ? loop->last : loop->deadline, rest;
	struct timespec space;

	set_fds(loop, fds);
	if (loop->rested && (rest = timerfd_now(CLOCK_MONOTONIC) + source->rest) < deadline)
		deadline = rest;
	if (source_sleep(watchpart_is_full(loop) ? NULL : source, fds, SLEEPERS,
			 watchpart_time_left(loop, deadline, &space))
	    < 0) {
		if (errno != EINTR)
			watchpart_end(loop, WATCH_CANNOT_READ);
		return;
	}
	if (fds[SLEEP_SIGNALS].revents)
		signals_take();
	if (watchpart_is_served(loop, fds[SLEEP_SERVICE].revents))
		watchpart_end(loop, WATCH_SERVED);
	else if (fds[SLEEP_OUTPUT].revents & POLLERR && loop->mind_reader)
		watchpart_reader_left(loop);
}
