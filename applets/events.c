/* SPDX-License-Identifier: MIT */
/*
 * events: all that a script can wait for in one stream of lines: timers, signals, ends of processes,
 * counters, files, descriptors, the clock, pressure. A shell alone can wait for one thing at a time,
 * or looks again and again. With a command it stands for that, as process 1 too, and gives it the
 * stream.
 */
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "applet.h"
#include "cli/num.h"
#include "cli/say.h"
#include "event/watch.h"
#include "gathering.h"
#include "kernel/epoll.h"
#include "kernel/pid.h"
#include "process/descriptors.h"
#include "process/signals.h"
#include "process/supervise.h"
#include "reacting.h"
#include "showing.h"
#include "starting.h"
#include "watching.h"

enum { TIMED_OUT = 124, STREAM = 3, STREAM_MOST = 255 };

/* What waits in memory for a slow reader. What does not fit waits in the kernel, where most of it adds up. */
#define QUEUE (UINT64_C(1) << 20)

static bool drain, quiet;
static int ready_fd = -1;
static int64_t count, stream = -1, timeout = NUM_FOREVER;
static uint64_t queue_size;
static struct gathering gathering = { .fd = -1 };
static struct reacting reacting = { .debounce = -1 };
static struct showing showing;

static void
options(struct opt_table *table)
{
	opt_flag(table, '0', "null", &showing.null, "end records in NUL, names as they are");
	opt_flag(table, 'j', "json", &showing.json, "print JSON lines");
	opt_flag(table, 'q', "quiet", &quiet, "print no events");
	opt_flag(table, 'r', "recursive", &gathering.recursive,
		 "--inotify: all folders below, those that appear later too");
	reacting_add_exec(table, &reacting);
	opt_string(
		table, 'F', "format", "FORMAT", &showing.format,
		"print %E event, %s source, %t time, %v value, %k count, %P pid, %S signal, %x status, %p path");
	opt_integer(table, 'n', "count", "N", 1, INT64_MAX, &count, "end when N events have come");
	opt_duration(table, 't', "timeout", &timeout,
		     "end after DURATION, with status 124; 0: tell what is there");
	gathering_add(table, &gathering);
	reacting_add_batch(table, &reacting);
	reacting_add_debounce(table, &reacting);
	opt_flag(table, 0, "drain", &drain, "tell what is there now, if anything, and end");
	reacting_add_on_busy(table, &reacting);
	opt_size(table, 0, "queue", &queue_size,
		 "keep at most SIZE bytes for a reader that is slow (1M)")
		->low = 1;
	watching_add_ready_fd(table, &ready_fd);
	opt_integer(table, 0, "to-fd", "FD", STREAM, STREAM_MOST, &stream,
		    "COMMAND without --exec: the descriptor on which it gets events (3)");
	reacting_add_command(table, &reacting);
}

/* The command that this process stands for, and its place in the loop. */
static struct service {
	struct watch_service watch;
	struct supervise command;
} service;

static bool
has_command(void)
{
	return reacting.command && !reacting.execute;
}

/* What goes with what. 0, or the status after a message. */
static int
check(void)
{
	if (!gathering.typed.count)
		return misuse("there is nothing to wait for: name a source such as --every 10s");
	if (showing.json && (showing.format || showing.null))
		return misuse("--json goes without --format and --null");
	if (drain && timeout != NUM_FOREVER)
		return misuse("--drain goes without --timeout");
	if (stream >= 0 && !has_command())
		return misuse("--to-fd goes with a command after --, without --exec");
	if (reacting.command && !reacting.command[0])
		return misuse("a command is missing after --");
	return reacting_check(&reacting);
}

/* Whether the command that has the stream can be told by that. */
static bool
is_read(void)
{
	struct pollfd look = { .fd = showing.fd };

	return poll(&look, 1, 0) <= 0 || !(look.revents & POLLERR);
}

static enum watch_verdict
judge(const struct event *event, void *context)
{
	enum gathering_what what = gathering_judge(&gathering, event);
	enum watch_verdict verdict = what == GATHERING_EVENT ? WATCH_SHOW
				     : what == GATHERING_LOSS
					     ? reacting_to_loss(&reacting, false, false, false)
					     : WATCH_SKIP;

	(void)context;
	if (event->sent && has_command() && !is_read()) {
		supervise_signal(&service.command, event->sent->number);
		return WATCH_SKIP;
	}
	/* A command that this process stands for goes on. */
	if (!has_command() && !merge_left(&gathering.merge))
		verdict |= WATCH_STOP;
	return verdict;
}

static int
report(enum watch_end end)
{
	if (end == WATCH_CANNOT_READ)
		return gathering_cannot_read(&gathering);
	return showing_end(&showing, end, drain ? 0 : TIMED_OUT);
}

static struct watch
make_watch(const struct print *print)
{
	return (struct watch){ .source = &gathering.merge.source,
			       .print = print,
			       .fd = showing.fd,
			       .count = (uint64_t)count,
			       .timeout = drain ? 0 : timeout,
			       .queue = queue_size ? queue_size : QUEUE,
			       .judge = judge };
}

static int
tell(const struct print *print)
{
	struct watch watch = make_watch(print);
	int status = watching_ready(ready_fd, false);
	enum watch_end end;

	if (status)
		return status;
	if (reacting.execute) {
		reacting_open(&reacting, false);
		watch.react = &reacting.react;
	} else if (pid_self() == 1) {
		signals_disown_children();
	}
	end = watch_run(&watch);
	status = report(end);
	return reacting.execute ? reacting_end(&reacting, end, status) : status;
}

/* ---- with a command ---- */

static bool
serve(struct watch_service *watch)
{
	bool over = supervise_step(&service.command) != 0;

	watch->deadline = supervise_deadline(&service.command);
	return over;
}

/* Starts the command, whose stream is what ENDS read. 0, or the status after a message. */
static int
start(const int ends[2])
{
	char number[sizeof("BUTTER_EVENTS_FD=255")];
	char *extra[] = { number, NULL };
	const struct spawn_fd handed = { ends[0], (int)stream };
	struct supervise *command = &service.command;
	int status;

	snprintf(number, sizeof(number), "BUTTER_EVENTS_FD=%d", (int)stream);
	command->extra = extra;
	command->handed = &handed;
	command->handed_count = 1;
	status = starting_run(command);
	command->extra = NULL;
	command->handed = NULL;
	return status;
}

/* The events have their end, or their reader has; the command goes on to its own. */
static int
wait_for_command(int status)
{
	supervise_take_over(&service.command);
	if (supervise_run(&service.command, NUM_FOREVER) < 0)
		return fail(epoll_read_hints, "cannot wait for '%s'", reacting.command[0]);
	supervise_close(&service.command);
	if (service.command.signal)
		return signals_end_by(service.command.signal);
	return service.command.status ? service.command.status : status;
}

static int
stand_for(const struct print *print, const int ends[2])
{
	struct watch watch = make_watch(print);
	int status = start(ends);
	enum watch_end end;

	close(ends[0]);
	if (status) {
		supervise_close(&service.command);
		return status;
	}
	if (descriptors_ready(ready_fd) < 0)
		status = fail(NULL, "cannot write to --ready-fd %d", ready_fd);
	service.watch = (struct watch_service){ .fd = service.command.fd,
						.deadline = NUM_FOREVER,
						.serve = serve };
	watch.service = &service.watch;
	end = watch_run(&watch);
	if (end == WATCH_CANNOT_READ)
		status = gathering_cannot_read(&gathering);
	close(ends[1]);
	return wait_for_command(status);
}

/* ---- */

/* Signals that are sources are no others' from now on. 0, or the status after a message. */
static int
receive(void)
{
	static sigset_t signals;
	int status;

	gathering.supervised = has_command();
	status = gathering_signals(&gathering, &signals);
	if (status)
		return status;
	if (!has_command()) {
		signals_block(&signals);
		return 0;
	}
	service.command = (struct supervise){ .argv = reacting.command, .left_out = &signals };
	if (supervise_open(&service.command) < 0)
		return fail(signalfd_hints, "cannot receive signals");
	return 0;
}

static int
events_run(int operands, char **texts)
{
	struct print print;
	int ends[2], status = check();

	(void)operands;
	(void)texts;
	if (status)
		return status;
	if (reacting.command)
		say_begin("events", EXEC_FAILED);
	showing.fd = STDOUT_FILENO;
	showing.quiet = quiet ? 2 : 0;
	stream = stream < 0 ? STREAM : stream;
	if (has_command()) {
		if (pipe2(ends, O_CLOEXEC) < 0)
			return fail(NULL, "cannot create a pipe");
		showing.fd = ends[1];
	}
	gathering.fd = showing.fd;
	status = receive();
	if (!status)
		status = gathering_open(&gathering);
	if (status)
		return status;
	print = showing_print(&showing, NULL, NAMES_EXACT, reacting.execute);
	return has_command() ? stand_for(&print, ends) : tell(&print);
}

const struct applet applet_events = {
	.name = "events",
	.summary = "wait for timers, signals, processes, files and more at once",
	.options = options,
	.run = events_run,
};
