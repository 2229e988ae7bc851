/* SPDX-License-Identifier: MIT */
#include "event/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>

#include "cli/num.h"
#include "event/watchpart.h"
#include "kernel/pid.h"
#include "kernel/pipe.h"
#include "kernel/timerfd.h"
#include "process/signals.h"

/* How many events may come before the clock is looked at, and before commands are. */
enum { CLOCK_EVENTS = 1024, REACT_EVENTS = 1 << 16 };

void
watchpart_end(struct watchpart *loop, enum watch_end how)
{
	loop->end = how;
	loop->ended = true;
}

static void
set_deadline(struct watchpart *loop)
{
	loop->late = false;
	loop->deadline = timerfd_in(loop->watch->timeout);
}

/* What comes without a pause does not put off the service. */
static void
serve(struct watchpart *loop)
{
	struct pollfd fd = { .fd = watchpart_service_fd(loop), .events = POLLIN };

	if (loop->watch->service && poll(&fd, 1, 0) >= 0 && watchpart_is_served(loop, fd.revents))
		watchpart_end(loop, WATCH_SERVED);
}

/* Whether the time has run out. Nobody knows which of the events that wait came in time: all do count. */
static bool
is_late(struct watchpart *loop)
{
	const struct source *source = loop->watch->source;

	if (!loop->late && loop->deadline != NUM_FOREVER
	    && timerfd_now(CLOCK_MONOTONIC) > loop->deadline) {
		loop->late = true;
		loop->late_at = source_position(source) + source_waiting(source);
	}
	return loop->late;
}

/*
 * While events pour in, even such as are skipped, the loop does not come to sleep: time passes
 * here, too.
 */
static bool
is_over(struct watchpart *loop)
{
	return loop->taken % CLOCK_EVENTS == 0 && is_late(loop)
	       && source_position(loop->watch->source) > loop->late_at;
}

/*
 * Writes what the reader takes, then does for the commands what is due: they find it written. Ends where
 * that, or a signal, is the end.
 */
static void
react(struct watchpart *loop, bool drained)
{
	bool shared;

	if (record_flush(&loop->output, false) < 0)
		watchpart_cannot_write(loop);
	if (loop->ended)
		return;
	if (loop->watch->react)
		react_step(loop->watch->react, drained);
	if (loop->signals >= 0 && signals_ending(&shared))
		watchpart_end_by_signal(loop);
	else if (loop->watch->react && react_is_over(loop->watch->react))
		watchpart_end(loop, WATCH_REACTED);
}

/* The event is one of those that were waited for. */
static void
count(struct watchpart *loop, const struct event *event)
{
	loop->seen += event->is_many ? event->count : 1;
	if (loop->watch->idle)
		set_deadline(loop);
	if (loop->watch->count && loop->seen >= loop->watch->count && !loop->ended)
		watchpart_end(loop, WATCH_COUNTED);
}

/* The command hears of the event; where one is enough, no other is taken. */
static void
let_hear(struct watchpart *loop, const struct event *event)
{
	struct react *reaction = loop->watch->react;

	if (!reaction)
		return;
	react_take(reaction, event);
	if (react_is_over(reaction) && !loop->ended)
		watchpart_end(loop, WATCH_REACTED);
}

static bool
take(const struct event *event, void *context)
{
	struct watchpart *loop = context;
	enum watch_verdict verdict = loop->watch->judge(event, loop->watch->context);

	if (verdict & WATCH_TELL)
		watchpart_show(loop, event);
	if (verdict & WATCH_FAIL && !loop->ended)
		watchpart_end(loop, WATCH_FAILED);
	if (verdict & WATCH_REACT)
		let_hear(loop, event);
	if (verdict & WATCH_COUNT)
		count(loop, event);
	if (verdict & WATCH_STOP && !loop->ended)
		watchpart_end(loop, WATCH_STOPPED);
	if (!loop->ended && is_over(loop))
		watchpart_end(loop, WATCH_TIMED_OUT);
	if (!loop->ended && loop->taken % CLOCK_EVENTS == 0)
		serve(loop);
	if (++loop->taken % REACT_EVENTS == 0 && !loop->ended)
		react(loop, false);
	return !loop->ended && !watchpart_is_full(loop);
}

/* Runs what still is to be run, and waits for its end; a signal shortens that. */
static void
finish_reaction(struct watchpart *loop)
{
	struct react *reaction = loop->watch->react;
	bool told = false, shared;

	/* What it is run for. An error shows again when all is written. */
	if (loop->end != WATCH_CANNOT_WRITE)
		record_flush(&loop->output, false);
	react_finish(reaction);
	for (;;) {
		int signal = signals_ending(&shared);
		struct pollfd fds[2];
		struct timespec space;

		if (signal && !told) {
			loop->end = WATCH_SIGNALLED;
			react_interrupt(reaction, shared ? 0 : signal);
			told = true;
		}
		react_step(reaction, true);
		if (react_is_done(reaction))
			return;
		fds[0] = (struct pollfd){ .fd = loop->signals, .events = POLLIN };
		fds[1] = (struct pollfd){ .fd = react_fd(reaction), .events = POLLIN };
		if (ppoll(fds, 2, watchpart_time_left(loop, NUM_FOREVER, &space), NULL) > 0
		    && fds[0].revents)
			signals_take();
	}
}

/* Takes events and sleeps in turn until one of the ends has come. */
static void
go_round(struct watchpart *loop)
{
	while (!loop->ended) {
		bool late = is_late(loop);

		if (!watchpart_is_full(loop) && source_drain(loop->watch->source, take, loop) < 0)
			watchpart_end(loop, WATCH_CANNOT_READ);
		if (!loop->ended)
			react(loop, !watchpart_is_full(loop));
		if (!loop->ended && late && loop->late)
			watchpart_end(loop, WATCH_TIMED_OUT);
		loop->rested = watchpart_may_rest(loop);
		if (!loop->ended)
			watchpart_sleep(loop);
	}
}

enum watch_end
watch_run(struct watch *watch)
{
	struct watchpart loop = {
		.watch = watch, .flush_at = WATCHPART_FLUSH, .signals = -1, .last = NUM_FOREVER
	};
	int error;

	if ((watch->react || watch->last_words) && (loop.signals = signals_watch()) < 0)
		return WATCH_CANNOT_READ;
	/* Children of others come to process 1, to be reaped. */
	if (watch->react && pid_self() == 1)
		signals_watch_children();
	/*
	 * ulimit -f: a file that may not grow is an error of write(2), and no end without a
	 * word.
	 */
	signals_ignore(SIGXFSZ);
	if (watch->unheard)
		signals_ignore(SIGPIPE);
	record_open(&loop.output, watch->fd, watch->queue ? watch->queue : WATCH_QUEUE);
	loop.mind_reader = watch->print->style != PRINT_NOTHING && pipe_is_nameless(watch->fd);
	set_deadline(&loop);
	go_round(&loop);
	error = errno;
	if (loop.ending && loop.end != WATCH_CANNOT_READ && loop.end != WATCH_CANNOT_WRITE)
		loop.end = WATCH_SIGNALLED;
	if (watch->react)
		finish_reaction(&loop);
	if (loop.end != WATCH_CANNOT_WRITE && watchpart_flush_last(&loop) < 0) {
		error = errno;
		if (watch->unheard)
			watchpart_cannot_write(&loop);
		else
			loop.end = WATCH_CANNOT_WRITE;
	}
	watch->untold = record_count(&loop.output);
	record_done(&loop.output);
	signals_restore(SIGXFSZ);
	if (watch->unheard)
		signals_restore(SIGPIPE);
	if (loop.signals >= 0)
		signals_unwatch();
	errno = error;
	return loop.end;
}
