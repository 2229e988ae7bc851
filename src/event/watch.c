/* SPDX-License-Identifier: MIT */
#include "event/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

#include "cli/num.h"
#include "kernel/pid.h"
#include "kernel/pipe.h"
#include "kernel/timerfd.h"
#include "memory.h"
#include "process/signals.h"

/* While events pour in without a pause, the reader gets some after each so many bytes. */
enum { FLUSH_SIZE = 1 << 16 };

/* How many events may come before the clock is looked at, and before commands are. */
enum { CLOCK_EVENTS = 1024, REACT_EVENTS = 1 << 16 };

/*
 * Events pour in when reads that follow each other within so many nanoseconds, so many of them, found
 * some each time, and as long as a rest brings at least so many bytes.
 */
enum { SOON = 200000, POURING = 4, WORTH_A_REST = 256 };

/* The loop's own state beside what the caller asked for. */
struct loop {
	struct watch *watch;
	struct record output;
	size_t flush_at;      /* bytes in the queue at which it is time */
	uint64_t taken, seen; /* all events; those that count */
	int64_t deadline;     /* CLOCK_MONOTONIC; NUM_FOREVER: none */
	bool late;            /* that is over: what the queue had at that time is told, no more */
	uint64_t late_at;     /* the position of its end */
	int signals;          /* descriptor of signals_watch; -1: none */
	bool mind_reader;     /* whether to end when the output's reader leaves */
	bool mute;            /* nothing is told any more */
	bool ending;          /* a signal has asked to end: what has come is told */
	int64_t last;         /* CLOCK_MONOTONIC; how long that may take; NUM_FOREVER: it has not */
	int soon;             /* how many reads in a row came soon after the one before */
	bool rested;          /* the last sleep was a rest */
	uint64_t total;       /* the source's, when it was drained last */
	int64_t read_at;      /* the source's, then */
	enum watch_end end;
	bool ended;
};

static void
end(struct loop *loop, enum watch_end how)
{
	loop->end = how;
	loop->ended = true;
}

/* The output takes no more, errno. */
static void
cannot_write(struct loop *loop)
{
	if (!loop->watch->unheard) {
		end(loop, WATCH_CANNOT_WRITE);
		return;
	}
	if (!loop->mute)
		loop->watch->unheard(loop->watch->context);
	loop->mute = true;
	loop->mind_reader = false;
	record_forget(&loop->output);
}

static void
set_deadline(struct loop *loop)
{
	int64_t timeout = loop->watch->timeout;

	loop->late = false;
	if (timeout == NUM_FOREVER
	    || __builtin_add_overflow(timerfd_now(CLOCK_MONOTONIC), timeout, &loop->deadline))
		loop->deadline = NUM_FOREVER;
}

/* Whether it was a signal that asks to end for which a wait was broken off, and not the end of a child. */
static bool
is_asked_to_end(void)
{
	bool shared;

	signals_take();
	return signals_ending(&shared);
}

/* A signal has asked to end. What has come by then gets its time where it is to be told. */
static void
end_by_signal(struct loop *loop)
{
	int64_t now = timerfd_now(CLOCK_MONOTONIC);

	if (!loop->watch->last_words || (loop->ending && now >= loop->last)) {
		end(loop, WATCH_SIGNALLED);
	} else if (!loop->ending) {
		loop->ending = true;
		loop->last = now + WATCH_LAST_WORDS * NUM_SECOND;
		loop->watch->last_words(loop->watch->context);
	}
}

/* How long to sleep; NULL: until something comes. */
static const struct timespec *
until(int64_t deadline, struct timespec *space)
{
	int64_t left;

	if (deadline == NUM_FOREVER)
		return NULL;
	left = deadline - timerfd_now(CLOCK_MONOTONIC);
	left = left < 0 ? 0 : left;
	*space = (struct timespec){ left / NUM_SECOND, left % NUM_SECOND };
	return space;
}

static int
service_fd(const struct loop *loop)
{
	return loop->watch->service ? loop->watch->service->fd : -1;
}

static int64_t
sooner(const struct loop *loop, int64_t deadline)
{
	const struct watch_service *service = loop->watch->service;

	return service && service->deadline < deadline ? service->deadline : deadline;
}

/* Whether the service, whose descriptor has REVENTS, is done and the loop over. */
static bool
is_served(const struct loop *loop, short revents)
{
	struct watch_service *service = loop->watch->service;

	return service
	       && (revents
		   || (service->deadline != NUM_FOREVER
		       && timerfd_now(CLOCK_MONOTONIC) >= service->deadline))
	       && service->serve(service);
}

/* What comes without a pause does not put off the service. */
static void
serve(struct loop *loop)
{
	struct pollfd fd = { .fd = service_fd(loop), .events = POLLIN };

	if (loop->watch->service && poll(&fd, 1, 0) >= 0 && is_served(loop, fd.revents))
		end(loop, WATCH_SERVED);
}

/*
 * Waits until the output takes more, or for what does not wait for that. Whether the service ends the
 * loop.
 */
static bool
wait_for_reader(struct loop *loop)
{
	struct pollfd fds[] = { { .fd = loop->output.fd, .events = POLLOUT },
				{ .fd = loop->signals, .events = POLLIN },
				{ .fd = service_fd(loop), .events = POLLIN } };
	struct timespec space;

	if (ppoll(fds, 3, until(sooner(loop, loop->last), &space), NULL) < 0)
		return false;
	return is_served(loop, fds[2].revents);
}

/* Waits for the reader until the queue has room, or a signal asks to end. */
static void
make_room(struct loop *loop)
{
	int result;

	while ((result = record_flush(&loop->output, false)) == 0
	       && record_is_full(&loop->output)) {
		if (loop->signals >= 0 && is_asked_to_end()) {
			end_by_signal(loop);
			return;
		}
		if (wait_for_reader(loop)) {
			end(loop, WATCH_SERVED);
			return;
		}
	}
	if (result < 0)
		cannot_write(loop);
}

static void
show(struct loop *loop, const struct event *event)
{
	if (loop->watch->print->style == PRINT_NOTHING || loop->mute)
		return;
	print_event(record_begin(&loop->output), loop->watch->print, event);
	record_end(&loop->output);
	if (record_size(&loop->output) < loop->flush_at)
		return;
	if (record_flush(&loop->output, false) < 0)
		cannot_write(loop);
	else if (record_is_full(&loop->output) && !loop->ending)
		make_room(loop);
	loop->flush_at = record_size(&loop->output) + FLUSH_SIZE;
}

/* Whether the time has run out. Nobody knows which of the events that wait came in time: all do count. */
static bool
is_late(struct loop *loop)
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
is_over(struct loop *loop)
{
	return loop->taken % CLOCK_EVENTS == 0 && is_late(loop)
	       && source_position(loop->watch->source) > loop->late_at;
}

/*
 * Writes what the reader takes, then does for the commands what is due: they find it written. Ends where
 * that, or a signal, is the end.
 */
static void
react(struct loop *loop, bool drained)
{
	bool shared;

	if (record_flush(&loop->output, false) < 0)
		cannot_write(loop);
	if (loop->ended)
		return;
	if (loop->watch->react)
		react_step(loop->watch->react, drained);
	if (loop->signals >= 0 && signals_ending(&shared))
		end_by_signal(loop);
	else if (loop->watch->react && react_is_over(loop->watch->react))
		end(loop, WATCH_REACTED);
}

static bool
is_full(const struct loop *loop)
{
	return loop->watch->react && react_is_full(loop->watch->react);
}

/* The event is one of those that were waited for. */
static void
count(struct loop *loop, const struct event *event)
{
	loop->seen += event->is_many ? event->count : 1;
	if (loop->watch->idle)
		set_deadline(loop);
	if (loop->watch->count && loop->seen >= loop->watch->count && !loop->ended)
		end(loop, WATCH_COUNTED);
}

/* The command hears of the event; where one is enough, no other is taken. */
static void
let_hear(struct loop *loop, const struct event *event)
{
	struct react *reaction = loop->watch->react;

	if (!reaction)
		return;
	react_take(reaction, event);
	if (react_is_over(reaction) && !loop->ended)
		end(loop, WATCH_REACTED);
}

static bool
take(const struct event *event, void *context)
{
	struct loop *loop = context;
	enum watch_verdict verdict = loop->watch->judge(event, loop->watch->context);

	if (verdict & WATCH_TELL)
		show(loop, event);
	if (verdict & WATCH_FAIL && !loop->ended)
		end(loop, WATCH_FAILED);
	if (verdict & WATCH_REACT)
		let_hear(loop, event);
	if (verdict & WATCH_COUNT)
		count(loop, event);
	if (verdict & WATCH_STOP && !loop->ended)
		end(loop, WATCH_STOPPED);
	if (!loop->ended && is_over(loop))
		end(loop, WATCH_TIMED_OUT);
	if (!loop->ended && loop->taken % CLOCK_EVENTS == 0)
		serve(loop);
	if (++loop->taken % REACT_EVENTS == 0 && !loop->ended)
		react(loop, false);
	return !loop->ended && !is_full(loop);
}

/* Nobody reads the output any more: the end that writing to it would find. */
static void
reader_left(struct loop *loop)
{
	raise(SIGPIPE);
	errno = EPIPE; /* the signal is ignored */
	cannot_write(loop);
}

/* How long to sleep; NULL: until something comes. */
static const struct timespec *
time_left(const struct loop *loop, int64_t deadline, struct timespec *space)
{
	const struct react *reaction = loop->watch->react;

	if (reaction && react_deadline(reaction) < deadline)
		deadline = react_deadline(reaction);
	return until(sooner(loop, deadline), space);
}

/*
 * Whether to leave the kernel's queue alone for a moment: a few events a read cost more for the
 * reads, writes and sleeps than for the events. The first ones after a quiet time never wait.
 */
static bool
may_rest(struct loop *loop)
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
set_fds(const struct loop *loop, struct pollfd fds[SLEEPERS])
{
	const struct watch *watch = loop->watch;
	bool pending = record_size(&loop->output);

	fds[SLEEP_SOURCE] =
		(struct pollfd){ .fd = is_full(loop) || loop->rested ? -1 : watch->source->fd,
				 .events = POLLIN };
	fds[SLEEP_OUTPUT] =
		(struct pollfd){ .fd = pending || loop->mind_reader ? loop->output.fd : -1,
				 .events = pending ? POLLOUT : 0 };
	fds[SLEEP_SIGNALS] = (struct pollfd){ .fd = loop->signals, .events = POLLIN };
	fds[SLEEP_REACTION] = (struct pollfd){ .fd = watch->react ? react_fd(watch->react) : -1,
					       .events = POLLIN };
	fds[SLEEP_SERVICE] = (struct pollfd){ .fd = service_fd(loop), .events = POLLIN };
}

/*
 * Sleeps until there are events, the reader takes more or leaves, a command or the time is over.
 */
static void
sleep_until_ready(struct loop *loop)
{
	struct source *source = loop->watch->source;
	struct pollfd fds[SLEEPERS];
	int64_t deadline = loop->last < loop->deadline ? loop->last : loop->deadline, rest;
	struct timespec space;

	set_fds(loop, fds);
	if (loop->rested && (rest = timerfd_now(CLOCK_MONOTONIC) + source->rest) < deadline)
		deadline = rest;
	if (source_sleep(is_full(loop) ? NULL : source, fds, SLEEPERS,
			 time_left(loop, deadline, &space))
	    < 0) {
		if (errno != EINTR)
			end(loop, WATCH_CANNOT_READ);
		return;
	}
	if (fds[SLEEP_SIGNALS].revents)
		signals_take();
	if (is_served(loop, fds[SLEEP_SERVICE].revents))
		end(loop, WATCH_SERVED);
	else if (fds[SLEEP_OUTPUT].revents & POLLERR && loop->mind_reader)
		reader_left(loop);
}

/* Runs what still is to be run, and waits for its end; a signal shortens that. */
static void
finish_reaction(struct loop *loop)
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
		if (ppoll(fds, 2, time_left(loop, NUM_FOREVER, &space), NULL) > 0 && fds[0].revents)
			signals_take();
	}
}

/* Takes events and sleeps in turn until one of the ends has come. */
static void
go_round(struct loop *loop)
{
	while (!loop->ended) {
		bool late = is_late(loop);

		if (!is_full(loop) && source_drain(loop->watch->source, take, loop) < 0)
			end(loop, WATCH_CANNOT_READ);
		if (!loop->ended)
			react(loop, !is_full(loop));
		if (!loop->ended && late && loop->late)
			end(loop, WATCH_TIMED_OUT);
		loop->rested = may_rest(loop);
		if (!loop->ended)
			sleep_until_ready(loop);
	}
}

/* Writes what the reader takes in time, or until a second signal. As record_flush. */
static int
flush_in_time(struct loop *loop)
{
	struct pollfd fds[] = { { .fd = loop->output.fd, .events = POLLOUT },
				{ .fd = loop->signals, .events = POLLIN } };
	struct timespec space;
	int result;

	signals_take();
	while ((result = record_flush(&loop->output, false)) == 0
	       && timerfd_now(CLOCK_MONOTONIC) < loop->last)
		if (ppoll(fds, 2, time_left(loop, loop->last, &space), NULL) > 0 && fds[1].revents)
			break;
	return result;
}

/* Writes what is left: all, unless a signal has asked to end, or the service has. -1 with errno. */
static int
flush_last(struct loop *loop)
{
	int result;

	while ((result = record_flush(&loop->output, false)) == 0 && loop->end != WATCH_SIGNALLED
	       && loop->end != WATCH_SERVED)
		if (wait_for_reader(loop))
			loop->end = WATCH_SERVED;
		else if (loop->signals >= 0 && is_asked_to_end())
			loop->end = WATCH_SIGNALLED;
	if (result || !loop->watch->last_words)
		return result;
	if (!loop->ending)
		loop->last = timerfd_now(CLOCK_MONOTONIC) + WATCH_LAST_WORDS * NUM_SECOND;
	return flush_in_time(loop);
}

enum watch_end
watch_run(struct watch *watch)
{
	struct loop loop = {
		.watch = watch, .flush_at = FLUSH_SIZE, .signals = -1, .last = NUM_FOREVER
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
	if (loop.end != WATCH_CANNOT_WRITE && flush_last(&loop) < 0) {
		error = errno;
		if (watch->unheard)
			cannot_write(&loop);
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
