/* SPDX-License-Identifier: MIT */
/*
 * signalfd-exec: run a command, receive signals in its stead, and tell it of each by a line on descriptor
 * 3, which a shell can wait for where a trap waits for the command that runs; or pass them on, as they are
 * or as others, and kill what does not end. With --init it is a process 1 that leaves no zombies.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "applet.h"
#include "cli/moment.h"
#include "cli/num.h"
#include "cli/record.h"
#include "cli/say.h"
#include "cli/signal.h"
#include "event/print.h"
#include "event/sent.h"
#include "kernel/epoll.h"
#include "kernel/kin.h"
#include "kernel/pid.h"
#include "kernel/timerfd.h"
#include "memory.h"
#include "process/descriptors.h"
#include "process/signals.h"
#include "process/supervise.h"
#include "signalling.h"
#include "starting.h"

/* What is told unless somebody says otherwise: what asks a program for something. */
static const char usual[] = "HUP,INT,QUIT,TERM,USR1,USR2";

/* Bytes of records that wait for the command besides those in the pipe. */
enum { QUEUE = 1 << 18 };

static const char *told_list, *forward_list, *death, *format;
static struct opt_list maps;
static int64_t stream_fd = 3, kill_after;
static bool init, group, json, null;
static int ready_fd = -1;

static void
options(struct opt_table *table)
{
	opt_flag(table, '0', "null", &null, "end records in NUL instead of newline");
	opt_string(
		table, 'F', "format", "FORMAT", &format,
		"tell %S name, %N number, %P process and %u user who sent it, %O how, %v value, %r trusted, %t time");
	opt_flag(table, 'g', "group", &group,
		 "run it in a process group of its own, to which all signals go");
	opt_flag(table, 'j', "json", &json, "tell in JSON lines");
	opt_duration(table, 'k', "kill-after", &kill_after,
		     "kill it DURATION after INT, QUIT or TERM has come")
		->low = 1;
	opt_list(table, 'm', "map", "FROM:TO", &maps,
		 "pass the signal FROM on as TO, or not at all: none");
	opt_string(table, 's', "signals", "SIGNALS", &told_list,
		   "tell of these signals; HUP,INT,QUIT,TERM,USR1,USR2, or those not passed on");
	opt_string(table, 0, "death-signal", "SIGNAL", &death,
		   "send it SIGNAL when this process is killed");
	opt_integer(table, 0, "fd", "N", 3, INT_MAX, &stream_fd,
		    "tell it on descriptor N; default 3");
	opt_string(table, 0, "forward", "SIGNALS", &forward_list,
		   "pass these signals on, or all, instead of telling of them")
		->otherwise = "all";
	opt_flag(table, 0, "init", &init, "reap orphans below, as process 1 does in any case");
	opt_fd(table, 0, "ready-fd", &ready_fd,
	       "write a newline to FD and close it once no signal can be missed");
}

/* ---- what becomes of which signal ---- */

static sigset_t told, forwarded, wanted;
static int becomes[SIGNAL_LARGEST + 1]; /* as supervise.h's take says */

/* FROM:TO of LENGTH bytes at TEXT. 0, or the status after a message. */
static int
add_map(const char *text, size_t length)
{
	char *pair = memory_get(length + 1), *colon;
	sigset_t set;
	int status, from = 0, to = -1;

	memcpy(pair, text, length);
	colon = strchr(pair, ':');
	if (!colon) {
		status = misuse("--map: '%s' is not of the form FROM:TO", pair);
		free(pair);
		return status;
	}
	*colon = '\0';
	sigemptyset(&set);
	status = signalling_find("--map", pair, &from);
	if (!status)
		status = signalling_add("--map", &set, pair, true);
	if (!status && strcasecmp(colon + 1, "none") != 0 && strcmp(colon + 1, "0") != 0)
		status = signalling_find("--map", colon + 1, &to);
	free(pair);
	if (status)
		return status;
	becomes[from] = to;
	sigaddset(&forwarded, from);
	sigaddset(&wanted, from);
	return 0;
}

static int
add_maps(void)
{
	for (int signal = 1; signal <= SIGNAL_LARGEST; signal++)
		becomes[signal] = signal;
	for (size_t i = 0; i < maps.count; i++)
		for (const char *at = maps.items[i].text;; at++) {
			size_t length = strcspn(at, ",");
			int status = add_map(at, length);

			if (status)
				return status;
			at += length;
			if (!*at)
				break;
		}
	return 0;
}

static bool
is_every(const char *list)
{
	return !strcasecmp(list, "all");
}

/* Fills the sets above. 0, or the status after a message. */
static int
choose(void)
{
	int status;

	sigemptyset(&told);
	sigemptyset(&forwarded);
	sigemptyset(&wanted);
	status = add_maps();
	if (!status && forward_list)
		status = signalling_add("--forward", &forwarded, forward_list, true);
	if (!status && forward_list && !is_every(forward_list)
	    && sigismember(&forwarded, SIGCHLD) == 1)
		status = misuse(
			"--forward: CHLD cannot be passed on: it tells of this process's own children");
	if (!status)
		status = signalling_add("--signals", &told, told_list ? told_list : usual, true);
	if (status)
		return status;
	for (int signal = 1; signal <= SIGNAL_LARGEST; signal++) {
		bool is_forwarded = sigismember(&forwarded, signal) == 1;

		if (is_forwarded && !told_list)
			sigdelset(&told, signal);
		/* All are no wish for one: what was ignored stays so. */
		if ((told_list && !is_every(told_list) && sigismember(&told, signal) == 1)
		    || (is_forwarded && forward_list && !is_every(forward_list)))
			sigaddset(&wanted, signal);
	}
	return 0;
}

/* ---- telling ---- */

struct stream {
	struct record output; /* its descriptor is -1 when nobody reads */
	struct print print;
	uint64_t lost; /* signals for which there was no room */
};

static void
tell(struct stream *stream, const struct event *event)
{
	print_event(record_begin(&stream->output), &stream->print, event);
	record_end(&stream->output);
}

/* What was lost is told as soon as there is room. */
static void
tell_lost(struct stream *stream)
{
	struct event event = { .time = moment_now(),
			       .names = sent_names,
			       .what = SENT_OVERFLOW,
			       .count = stream->lost,
			       .is_many = true };
	const char *own = stream->print.format;

	if (!stream->lost || record_is_full(&stream->output))
		return;
	stream->print.format = "%e %k";
	tell(stream, &event);
	stream->print.format = own;
	stream->lost = 0;
}

static void
close_stream(struct stream *stream)
{
	if (stream->output.fd >= 0)
		close(stream->output.fd);
	record_done(&stream->output);
}

/* Writes what the command takes. */
static void
flush(struct stream *stream)
{
	if (stream->output.fd < 0)
		return;
	do {
		tell_lost(stream);
		if (record_flush(&stream->output, false) < 0) {
			close_stream(stream);
			return;
		}
	} while (stream->lost && !record_is_full(&stream->output));
}

/* Whether somebody may read it. A command that has closed it wants no lines, but signals. */
static bool
is_read(struct stream *stream)
{
	struct pollfd look = { .fd = stream->output.fd };

	if (look.fd >= 0 && poll(&look, 1, 0) > 0 && look.revents & POLLERR)
		close_stream(stream);
	return stream->output.fd >= 0;
}

/* supervise.h's take. */
static int
take(const struct signalfd_record *record, bool is_shared, void *context)
{
	struct stream *stream = context;
	bool is_told = sigismember(&told, record->signal) == 1 && is_read(stream);
	int to = becomes[record->signal];
	struct sent_kept kept;
	struct event event;

	(void)is_shared;
	if (is_told && record_is_full(&stream->output)) {
		stream->lost++;
	} else if (is_told) {
		tell_lost(stream);
		sent_event(&event, &kept, record, moment_now());
		tell(stream, &event);
	}
	if (is_told && (to < 0 || sigismember(&forwarded, record->signal) != 1))
		return 0;
	return to;
}

/* ---- running ---- */

/* Serves the command until it has ended. 0, or the status after a message. */
static int
serve(struct supervise *supervise, struct stream *stream)
{
	int result;

	while ((result = supervise_step(supervise)) == 0) {
		const struct timespec *timeout;
		struct timespec space;
		struct pollfd fds[] = { { .fd = supervise->fd, .events = POLLIN }, { .fd = -1 } };

		flush(stream);
		fds[1].fd = stream->output.fd;
		if (fds[1].fd >= 0 && record_size(&stream->output))
			fds[1].events = POLLOUT;
		timeout = timerfd_until(supervise_deadline(supervise), &space);
		if (ppoll(fds, 2, timeout, NULL) < 0 && errno != EINTR)
			return fail(epoll_read_hints, "cannot wait for signals");
		if (fds[1].revents & POLLERR)
			close_stream(stream);
	}
	return result < 0 ? fail(epoll_read_hints, "cannot receive signals") : 0;
}

/* glibc's sigisemptyset sees the first 32 signals alone: it keeps the sum in an int. */
static bool
is_empty(const sigset_t *set)
{
	for (int signal = 1; signal <= SIGNAL_LARGEST; signal++)
		if (sigismember(set, signal) == 1)
			return false;
	return true;
}

/* Opens the stream, whose other end is *READER. 0, or the status after a message. */
static int
open_stream(struct stream *stream, int *reader)
{
	int ends[2];

	*stream = (struct stream){ .print = { .style = json ? PRINT_JSON : PRINT_FORMAT,
					      .format = format ? format : sent_format,
					      .raw = null,
					      .null = null } };
	record_open(&stream->output, -1, QUEUE);
	*reader = -1;
	if (is_empty(&told))
		return 0;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return fail(pid_start_hints, "cannot create a pipe");
	*reader = ends[0];
	stream->output.fd = ends[1];
	return 0;
}

static int
start(struct supervise *supervise)
{
	if (supervise_open(supervise) < 0)
		return fail(signalfd_hints, "cannot receive signals");
	if (supervise->refused) {
		errno = supervise->refused;
		return fail(kin_adopt_hints, "--init: cannot become the parent of orphans");
	}
	if (descriptors_ready(ready_fd) < 0)
		return fail(NULL, "cannot write to --ready-fd %d", ready_fd);
	return starting_run(supervise);
}

/* What goes with what, and the signals. 0, or the status after a message. */
static int
check(int *death_signal)
{
	if (json && (null || format))
		return misuse("--json goes without --null and --format");
	*death_signal = 0;
	if (death) {
		int status = signalling_find("--death-signal", death, death_signal);

		if (status)
			return status;
	}
	return choose();
}

static int
signalfd_exec_run(int count, char **command)
{
	char own[32], at[32], *extra[] = { own, at, NULL };
	struct spawn_fd handed = { .to = (int)stream_fd };
	struct stream stream;
	struct supervise supervise = { .argv = command,
				       .extra = extra,
				       .handed = &handed,
				       .apart = group,
				       .is_job = group,
				       .reaper = init,
				       .kill_after = kill_after == NUM_FOREVER ? 0 : kill_after,
				       .wanted = &wanted,
				       .take = take,
				       .context = &stream };
	int status = check(&supervise.death_signal);

	(void)count;
	if (!status)
		status = open_stream(&stream, &handed.fd);
	if (status)
		return status;
	snprintf(own, sizeof(own), "BUTTER_PID=%d", (int)pid_self());
	snprintf(at, sizeof(at), "BUTTER_SIGNALFD=%d", handed.to);
	supervise.handed_count = handed.fd >= 0;
	if (handed.fd < 0)
		extra[1] = NULL;
	status = start(&supervise);
	if (handed.fd >= 0)
		close(handed.fd);
	if (!status)
		status = serve(&supervise, &stream);
	if (status || !supervise.signal)
		return status ? status : supervise.status;
	return signals_end_by(supervise.signal);
}

const struct applet applet_signalfd_exec = {
	.name = "signalfd-exec",
	.summary = "run a command that reads its signals as lines, or under an init",
	.operands = "COMMAND [ARG ...]",
	.min = 1,
	.max = APPLET_ANY,
	.wrapper = true,
	.failure = EXEC_FAILED,
	.options = options,
	.run = signalfd_exec_run,
};
