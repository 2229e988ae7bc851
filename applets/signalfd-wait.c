/* SPDX-License-Identifier: MIT */
/*
 * signalfd-wait: wait for signals that are sent to this process, and tell each with who has sent it, how
 * and with what. For who wants to be woken up by others, or to know who keeps sending TERM; and, as
 * process 1 of a container, to do nothing well: it ends when it is asked to, and --reap leaves no zombies.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "applet.h"
#include "cli/num.h"
#include "cli/say.h"
#include "event/sent.h"
#include "event/watch.h"
#include "kernel/epoll.h"
#include "kernel/signalfd.h"
#include "process/descriptors.h"
#include "process/signals.h"
#include "signalling.h"

enum { TIMED_OUT = 124 };

enum { UNSET = -1 };

static int64_t count = UNSET, timeout = NUM_FOREVER;
static bool drain, reap, json, null, quiet;
static const char *format;
static int ready_fd = -1;

static void
options(struct opt_table *table)
{
	opt_flag(table, '0', "null", &null, "end records in NUL instead of newline");
	opt_string(
		table, 'F', "format", "FORMAT", &format,
		"print %S name, %N number, %P process and %u user who sent it, %O how, %v value, %r trusted, %t time");
	opt_flag(table, 'j', "json", &json, "print JSON lines");
	opt_integer(table, 'n', "count", "N", 0, INT64_MAX, &count,
		    "end after N signals; default 1; 0: never");
	opt_flag(table, 'q', "quiet", &quiet, "print nothing");
	opt_duration(table, 't', "timeout", &timeout, "give up after DURATION");
	opt_flag(table, 0, "drain", &drain, "end when all that have come are told, at least one");
	opt_fd(table, 0, "ready-fd", &ready_fd,
	       "write a newline to FD and close it once no signal can be missed");
	opt_flag(table, 0, "reap", &reap, "reap children that this process has been left");
}

static struct sents sents;
static sigset_t wanted;

/* No zombies from now on, also while nobody reads what is told, or this process is stopped. */
static void
begin_reaping(void)
{
	signals_let_go();
	while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
		;
}

static bool
are_more(void)
{
	struct pollfd look = { .fd = sents.source.fd, .events = POLLIN };

	return source_waiting(&sents.source) || poll(&look, 1, 0) > 0;
}

static enum watch_verdict
judge(const struct event *event, void *context)
{
	(void)event;
	(void)context;
	return drain && !are_more() ? WATCH_LAST : WATCH_SHOW;
}

/* What goes with what. 0, or the status after a message. */
static int
check(int operands, char **texts)
{
	if (json && (null || format))
		return misuse("--json goes without --null and --format");
	if (quiet && (json || null || format))
		return misuse("--quiet goes without --json, --null and --format");
	if (drain && count != UNSET)
		return misuse("--drain goes without --count");
	sigemptyset(&wanted);
	for (int i = 0; i < operands; i++) {
		int status = signalling_add("SIGNAL", &wanted, texts[i], true);

		if (status)
			return status;
	}
	return 0;
}

/* From here on no signal is missed. 0, or the status after a message. */
static int
ready(void)
{
	sigset_t before;
	int fd = signalfd_open(&wanted, &before);

	if (fd < 0)
		return fail(signalfd_hints, "cannot receive signals");
	sents_open(&sents, fd);
	if (reap)
		begin_reaping();
	signals_end_init();
	if (descriptors_ready(ready_fd) < 0)
		return fail(NULL, "cannot write to --ready-fd %d", ready_fd);
	return 0;
}

static enum print_style
style(void)
{
	if (quiet)
		return PRINT_NOTHING;
	return json ? PRINT_JSON : PRINT_FORMAT;
}

static int
signalfd_wait_run(int operands, char **texts)
{
	struct print print = { .format = format ? format : sent_format, .null = null };
	struct watch watch = { .source = &sents.source,
			       .print = &print,
			       .fd = STDOUT_FILENO,
			       .count = (uint64_t)count,
			       .timeout = timeout,
			       .judge = judge };
	int status = check(operands, texts);

	if (count == UNSET)
		watch.count = !drain;
	print.style = style();
	if (!status)
		status = ready();
	if (status)
		return status;
	switch (watch_run(&watch)) {
	case WATCH_TIMED_OUT:
		return TIMED_OUT;
	case WATCH_CANNOT_READ:
		return fail(epoll_read_hints, "cannot wait for signals");
	case WATCH_CANNOT_WRITE:
		return fail(NULL, "cannot write to standard output");
	default:
		return 0;
	}
}

const struct applet applet_signalfd_wait = {
	.name = "signalfd-wait",
	.summary = "wait for signals, and tell who sent them",
	.operands = "SIGNAL ...",
	.min = 1,
	.max = APPLET_ANY,
	.options = options,
	.run = signalfd_wait_run,
};
