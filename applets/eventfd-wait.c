/* SPDX-License-Identifier: MIT */
/*
 * eventfd-wait: wait until something was added to an eventfd, take it, and print how much; of a semaphore one
 * token. Any number of processes may wait: each addition wakes one of them, none polls.
 */
#include <unistd.h>

#include "applet.h"
#include "cli/num.h"
#include "cli/say.h"
#include "counting.h"
#include "event/counter.h"
#include "event/watch.h"
#include "kernel/epoll.h"
#include "watching.h"

enum { TIMED_OUT = 124, UNSET = -1 };

static struct counting counting = COUNTING_NONE;
static const char *format;
static int64_t count = UNSET, timeout = NUM_FOREVER;
static bool json, null, quiet, drain;
static int ready_fd = -1;

static void
options(struct opt_table *table)
{
	opt_flag(table, '0', "null", &null, "end records in NUL instead of newline");
	opt_string(table, 'F', "format", "FORMAT", &format,
		   "print %k what was added, %e `post`, %t time");
	opt_flag(table, 'j', "json", &json, "print JSON lines");
	opt_integer(table, 'n', "count", "N", 0, INT64_MAX, &count,
		    "end when N were added in all; default 1; 0: never");
	opt_flag(table, 'q', "quiet", &quiet, "print nothing");
	opt_duration(table, 't', "timeout", &timeout, "give up after DURATION; 0: look once");
	opt_flag(table, 0, "drain", &drain, "take what is there now, if anything, and end");
	counting_options(table, &counting);
	watching_add_ready_fd(table, &ready_fd);
}

static enum watch_verdict
show(const struct event *event, void *context)
{
	(void)event;
	(void)context;
	return WATCH_SHOW;
}

static int
check(void)
{
	if (json && (null || format))
		return misuse("--json goes without --null and --format");
	if (quiet && (json || null || format))
		return misuse("--quiet goes without --json, --null and --format");
	if (drain && timeout != NUM_FOREVER)
		return misuse("--drain goes without --timeout");
	if (count == UNSET)
		count = !drain;
	return counting_find(&counting);
}

static enum print_style
style(void)
{
	if (quiet)
		return PRINT_NOTHING;
	return json ? PRINT_JSON : PRINT_FORMAT;
}

static int
eventfd_wait_run(int operands, char **texts)
{
	struct print print = { .style = style(),
			       .format = format ? format : "%k",
			       .raw = null || (format && print_has(format, '0')),
			       .null = null };
	struct counter counter;
	struct watch watch = { .source = &counter.source,
			       .print = &print,
			       .fd = STDOUT_FILENO,
			       .timeout = drain ? 0 : timeout,
			       .judge = show };
	int status = check();

	(void)operands;
	(void)texts;
	if (status)
		return status;
	watch.count = (uint64_t)count;
	counter_open(&counter, counting.fd);
	status = watching_ready(ready_fd, false);
	if (status)
		return status;
	switch (watch_run(&watch)) {
	case WATCH_CANNOT_READ:
		return fail(epoll_read_hints, "cannot take from the eventfd");
	case WATCH_CANNOT_WRITE:
		return fail(NULL, "cannot write to standard output");
	case WATCH_TIMED_OUT:
		return drain ? 0 : TIMED_OUT;
	default:
		return 0;
	}
}

const struct applet applet_eventfd_wait = {
	.name = "eventfd-wait",
	.summary = "wait for what is added to an eventfd, and take it",
	.options = options,
	.run = eventfd_wait_run,
};
