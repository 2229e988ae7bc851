/* SPDX-License-Identifier: MIT */
/*
 * timerfd-sleep: sleep, exactly and never early; until a time of day; or tick
 * without drift. A timerfd knows no timer slack, an interval one does not add up
 * errors, and a realtime one notices when somebody sets the clock.
 */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "applet.h"
#include "cli/moment.h"
#include "cli/num.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "event/ticks.h"
#include "event/watch.h"
#include "kernel/epoll.h"
#include "kernel/timerfd.h"
#include "process/descriptors.h"
#include "process/signals.h"

enum on_change { RESTART, EXIT, IGNORE };

static const struct name reactions[] = {
	{ "restart", RESTART },
	{ "exit", EXIT },
	{ "ignore", IGNORE },
	{ "" },
};

enum { UNSET = -1 };

static const char *until, *format;
static int64_t every, align, count;
static uint64_t clock_id = (uint64_t)UNSET, reaction = (uint64_t)UNSET;
static bool with_progress, json, null;
static int ready_fd = -1;

static void
options(struct opt_table *table)
{
	opt_flag(table, '0', "null", &null, "--every: end records in NUL instead of newline");
	opt_string(
		table, 'F', "format", "FORMAT", &format,
		"--every: print %e event, %v number of the tick, %k ticks since the last record, %t time");
	opt_flag(table, 'j', "json", &json, "--every: print JSON lines");
	opt_integer(table, 'n', "count", "N", 1, INT64_MAX, &count, "--every: stop after N ticks");
	opt_string(table, 'u', "until", "TIME", &until,
		   "sleep until @EPOCH, HH:MM[:SS] or YYYY-MM-DD[THH:MM[:SS][ZONE]]");
	opt_duration(table, 0, "every", &every, "tick each DURATION, a record each")->low = 1;
	opt_duration(
		table, 0, "align", &align,
		"end (--every: begin) at a full multiple of DURATION on the wall clock, such as 15m")
		->low = 1;
	opt_choice(table, 0, "clock", "CLOCK", timerfd_clocks, &clock_id,
		   "the clock to follow; monotonic unless --until or --align need realtime");
	opt_choice(table, 0, "on-clock-change", "ACTION", reactions, &reaction,
		   "what to do when somebody sets the clock; default restart");
	opt_flag(table, 0, "progress", &with_progress, "draw a bar on the terminal");
	opt_fd(table, 0, "ready-fd", &ready_fd,
	       "write a newline to FD and close it once the timer runs");
}

static int timer; /* its descriptor */
static struct ticks ticks;
static int64_t total; /* the sum of the operands */

static bool
is_realtime(void)
{
	return clock_id == CLOCK_REALTIME || clock_id == CLOCK_REALTIME_ALARM;
}

/* A later moment; one beyond the end of time is the end of time. */
static int64_t
later(int64_t moment, int64_t duration)
{
	int64_t sum;

	return __builtin_add_overflow(moment, duration, &sum) ? INT64_MAX : sum;
}

/*
 * Arms the timer; once more after the clock was set, which is what the kernel calls the end of a
 * suspend, too. A moment that has passed meanwhile is not put off to the next day: it has come.
 */
static int
arm(void)
{
	static int64_t moment; /* armed for, if it is one on the wall clock */
	/* (Other clocks need no answer, and the first one costs two pages of the kernel's.) */
	int64_t now = is_realtime() ? timerfd_now((int)clock_id) : 0;
	int64_t first = every ? every : total;

	if (moment && now >= moment)
		return timerfd_arm(timer, moment, 0, true, false);
	if (until && moment_parse(until, moment_now(), &first) < 0)
		return -1;
	if (!until && is_realtime())
		first = align ? moment_align(later(now, every ? 0 : total), align)
			      : later(now, first);
	if ((until || align) && !every)
		moment = first;
	return timerfd_arm(timer, first, every, is_realtime(), is_realtime() && reaction != IGNORE);
}

/* SIGUSR1. Async-signal-safe; errno is the interrupted code's. */
static void
print_left(int signal)
{
	static const char before[] = "butter: timerfd-sleep: ", after[] = " left\n";
	char line[sizeof(before) + NUM_DURATION_SIZE + sizeof(after)];
	int64_t left = timerfd_left(timer);
	int error = errno;
	size_t length;

	(void)signal;
	memcpy(line, before, sizeof(before) - 1);
	length = sizeof(before) - 1;
	/* Years that the kernel made of inf. */
	length += num_format_duration(line + length, left > INT64_MAX / 2 ? NUM_FOREVER : left);
	memcpy(line + length, after, sizeof(after) - 1);
	if (write(STDERR_FILENO, line, length + sizeof(after) - 1) < 0)
		error = errno; /* nobody is there to be told */
	errno = error;
}

static void
handle(int signal, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART };

	sigaction(signal, &action, NULL);
}

/* One sleep under a bar. 0, or -1 with errno. */
static int
draw_sleep(void)
{
	struct progress progress = { 0 };
	int64_t whole = timerfd_left(timer), left = whole;
	struct event event;
	int result;

	do {
		char text[NUM_DURATION_SIZE];

		num_format_duration(text, left > INT64_MAX / 2 ? NUM_FOREVER : left);
		progress_draw(&progress, whole - left, whole, text, left == 0);
		result = source_next(&ticks.source, &event, PROGRESS_INTERVAL);
		if (!result)
			left = timerfd_left(timer);
	} while (!result);
	if (result > 0)
		progress_draw(&progress, 1, 1, "0.000s", true);
	progress_end(&progress);
	return result < 0 ? -1 : 0;
}

/* One sleep. Nobody asks when it ended: what records need for that is pages that it need not touch. */
static int
sleep_once(void)
{
	return with_progress && progress_wanted() ? draw_sleep() : timerfd_wait(timer);
}

static enum watch_verdict
show(const struct event *event, void *context)
{
	(void)event;
	(void)context;
	return WATCH_SHOW;
}

/* Ticks until enough have come. 0, or -1 with errno; 1 when the output failed, which has been said.
 */
static int
tick(void)
{
	struct print print = { .style = json ? PRINT_JSON : PRINT_FORMAT,
			       .format = format ? format : "%e %v %k",
			       .raw = null || (format && print_has(format, '0')),
			       .null = null };
	struct watch watch = { .source = &ticks.source,
			       .print = &print,
			       .fd = STDOUT_FILENO,
			       .count = count ? (uint64_t)count - ticks.total : 0,
			       .timeout = NUM_FOREVER,
			       .judge = show };

	switch (watch_run(&watch)) {
	case WATCH_CANNOT_READ:
		return -1;
	case WATCH_CANNOT_WRITE:
		fail(NULL, "cannot write to standard output");
		return 1;
	default:
		return 0;
	}
}

/* What goes with what. 0, or the status after a message. */
static int
check(int operands)
{
	int64_t moment;

	if (!operands && !until && !every && !align)
		return misuse("missing DURATION");
	if (until && (operands || every || align))
		return misuse("--until goes with no DURATION, --every or --align");
	if (every && operands)
		return misuse("--every goes with no DURATION");
	if (!every && (count || json || null || format))
		return misuse("--count, --json, --null and --format go with --every");
	if (json && (null || format))
		return misuse("--json goes without --null and --format");
	if (with_progress && every)
		return misuse("--progress goes with no --every");
	if (clock_id == (uint64_t)UNSET)
		clock_id = until || align ? CLOCK_REALTIME : CLOCK_MONOTONIC;
	if ((until || align) && !is_realtime())
		return misuse("--until and --align need a realtime clock");
	if (reaction != (uint64_t)UNSET && !is_realtime())
		return misuse("--on-clock-change needs --until, --align or a realtime --clock");
	if (until && moment_parse(until, moment_now(), &moment) < 0)
		return misuse(
			errno == ERANGE
				? "'%s' is too far away: 2262 is the last year"
				: "'%s' is not a time such as 07:30, @1700000000 or 2030-01-31T07:30:00+01:00",
			until);
	return 0;
}

/* The sum of the operands, in total. */
static int
add_up(int operands, char **texts)
{
	for (int i = 0; i < operands; i++) {
		int64_t duration;

		if (num_duration(texts[i], &duration) < 0)
			return misuse("'%s' %s", texts[i], num_not_duration(errno));
		total = later(total, duration);
	}
	return 0;
}

static int
timerfd_sleep_run(int operands, char **texts)
{
	int status = check(operands), result;

	if (!status)
		status = add_up(operands, texts);
	if (status)
		return status;
	timer = timerfd_open((int)clock_id);
	if (timer < 0)
		return fail(timerfd_hints((int)clock_id), "cannot create a timer");
	if (every || with_progress)
		ticks_open(&ticks, timer);
	handle(SIGUSR1, print_left);
	signals_end_init();
	do {
		if (arm() < 0)
			return fail(timerfd_hints((int)clock_id), "cannot start the timer");
		if (descriptors_ready(ready_fd) < 0)
			return fail(NULL, "cannot write to --ready-fd %d", ready_fd);
		ready_fd = -1;
		result = every ? tick() : sleep_once();
	} while (result < 0 && errno == ECANCELED && reaction != EXIT);
	if (result > 0)
		return result;
	if (result < 0 && errno == ECANCELED)
		return failx("somebody has set the clock");
	if (result < 0)
		return fail(epoll_read_hints, "cannot wait for the timer");
	return 0; /* the end closes the timer: with a millisecond to sleep, each call counts */
}

const struct applet applet_timerfd_sleep = {
	.name = "timerfd-sleep",
	.summary = "sleep exactly, until a time, or tick without drift",
	.operands = "[DURATION ...]",
	.max = APPLET_ANY,
	.options = options,
	.run = timerfd_sleep_run,
};
