/* SPDX-License-Identifier: MIT */
#include "event/watch.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

#include "cli/num.h"
#include "kernel/pipe.h"
#include "kernel/timerfd.h"

/* While events pour in without a pause, the reader gets some after each so many bytes. */
enum { FLUSH_SIZE = 1 << 16 };

/* How many events may come before the clock is looked at. */
enum { CLOCK_EVENTS = 1024 };

/* The loop's own state beside what the caller asked for. */
struct loop {
	struct watch *watch;
	struct record output;
	size_t flush_at;      /* bytes in the queue at which it is time */
	uint64_t taken, seen; /* all events; those that count */
	int64_t deadline;     /* CLOCK_MONOTONIC; NUM_FOREVER: none */
	bool mind_reader;     /* whether to end when the output's reader leaves */
	enum watch_end end;
	bool ended;
};

static void
end(struct loop *loop, enum watch_end how)
{
	loop->end = how;
	loop->ended = true;
}

static void
set_deadline(struct loop *loop)
{
	int64_t timeout = loop->watch->timeout;

	if (timeout == NUM_FOREVER
	    || __builtin_add_overflow(timerfd_now(CLOCK_MONOTONIC), timeout, &loop->deadline))
		loop->deadline = NUM_FOREVER;
}

static void
show(struct loop *loop, const struct event *event)
{
	if (loop->watch->print->style == PRINT_NOTHING)
		return;
	print_event(record_begin(&loop->output), loop->watch->print, event);
	record_end(&loop->output);
	if (record_size(&loop->output) < loop->flush_at)
		return;
	if (record_flush(&loop->output, false) < 0
	    || (record_is_full(&loop->output) && record_make_room(&loop->output) < 0))
		end(loop, WATCH_CANNOT_WRITE);
	loop->flush_at = record_size(&loop->output) + FLUSH_SIZE;
}

/* While events pour in, even such as are skipped, the loop does not come to sleep: time passes here, too. */
static bool
is_late(struct loop *loop)
{
	return loop->deadline != NUM_FOREVER && loop->taken++ % CLOCK_EVENTS == 0
	       && timerfd_now(CLOCK_MONOTONIC) > loop->deadline;
}

static bool
take(const struct event *event, void *context)
{
	struct loop *loop = context;
	enum watch_verdict verdict = loop->watch->judge(event, loop->watch->context);

	if (verdict != WATCH_SKIP && verdict != WATCH_STOP)
		show(loop, event);
	if (verdict == WATCH_SHOW || verdict == WATCH_LAST) {
		loop->seen += event->count ? event->count : 1;
		if (loop->watch->idle)
			set_deadline(loop);
		if (loop->watch->count && loop->seen >= loop->watch->count && !loop->ended)
			end(loop, WATCH_COUNTED);
	}
	if ((verdict == WATCH_STOP || verdict == WATCH_LAST) && !loop->ended)
		end(loop, WATCH_STOPPED);
	if (!loop->ended && is_late(loop))
		end(loop, WATCH_TIMED_OUT);
	return !loop->ended;
}

/* Nobody reads the output any more: the end that writing to it would find. */
static void
reader_left(struct loop *loop)
{
	raise(SIGPIPE);
	errno = EPIPE; /* the signal is ignored */
	end(loop, WATCH_CANNOT_WRITE);
}

/* Sleeps until there are events, the reader takes more or leaves, or the time is up. */
static void
sleep_until_ready(struct loop *loop)
{
	bool pending = record_size(&loop->output);
	struct pollfd fds[] = {
		{ .fd = loop->watch->source->fd, .events = POLLIN },
		{ .fd = pending || loop->mind_reader ? loop->output.fd : -1,
		  .events = pending ? POLLOUT : 0 },
	};
	int64_t left =
		loop->deadline == NUM_FOREVER ? 0 : loop->deadline - timerfd_now(CLOCK_MONOTONIC);
	struct timespec timeout = { left / NUM_SECOND, left % NUM_SECOND };
	int ready;

	if (left < 0) {
		end(loop, WATCH_TIMED_OUT);
		return;
	}
	ready = ppoll(fds, 2, loop->deadline == NUM_FOREVER ? NULL : &timeout, NULL);
	if (ready == 0)
		end(loop, WATCH_TIMED_OUT);
	else if (ready < 0 && errno != EINTR)
		end(loop, WATCH_CANNOT_READ);
	else if (ready > 0 && fds[1].revents & POLLERR && loop->mind_reader)
		reader_left(loop);
}

enum watch_end
watch_run(struct watch *watch)
{
	struct loop loop = { .watch = watch, .flush_at = FLUSH_SIZE };
	/* ulimit -f: a file that may not grow is an error of write(2), and no end without a word. */
	struct sigaction ignore = { .sa_handler = SIG_IGN }, file_size;
	int error;

	sigaction(SIGXFSZ, &ignore, &file_size);
	record_open(&loop.output, watch->fd, watch->queue ? watch->queue : WATCH_QUEUE);
	loop.mind_reader = watch->print->style != PRINT_NOTHING && pipe_is_nameless(watch->fd);
	set_deadline(&loop);
	while (!loop.ended) {
		if (source_drain(watch->source, take, &loop) < 0)
			end(&loop, WATCH_CANNOT_READ);
		else if (!loop.ended && record_flush(&loop.output, false) < 0)
			end(&loop, WATCH_CANNOT_WRITE);
		else if (!loop.ended)
			sleep_until_ready(&loop);
	}
	error = errno;
	if (loop.end != WATCH_CANNOT_WRITE && record_flush(&loop.output, true) < 0) {
		loop.end = WATCH_CANNOT_WRITE;
		error = errno;
	}
	record_done(&loop.output);
	sigaction(SIGXFSZ, &file_size, NULL);
	errno = error;
	return loop.end;
}
