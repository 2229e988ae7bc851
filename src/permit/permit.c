/* SPDX-License-Identifier: MIT */
#include "permit/permit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/moment.h"
#include "cli/num.h"
#include "kernel/pid.h"
#include "kernel/pidfd.h"
#include "kernel/timerfd.h"
#include "permit/asker.h"
#include "permit/guard.h"
#include "permit/message.h"
#include "process/channel.h"
#include "process/descriptors.h"
#include "process/signals.h"

enum {
	ROOM = 65536,     /* bytes of the largest message of a channel, of several of ours */
	LAST_WORD = 1000, /* milliseconds that the guard has to tell why the responder has ended */
	PATIENCE = 2000,  /* milliseconds that processes have to end by themselves */
};

const struct name permit_names[] = {
	{ "open_perm", FAN_OPEN_PERM, "OPEN_PERM" },
	{ "access_perm", FAN_ACCESS_PERM, "ACCESS_PERM" },
	{ "open_exec_perm", FAN_OPEN_EXEC_PERM, "OPEN_EXEC_PERM" },
	{ "pre_access", FAN_PRE_ACCESS, "PRE_ACCESS" },
	{ "allow", PERMIT_ALLOW, "ALLOW" },
	{ "deny", PERMIT_DENY, "DENY" },
	{ "unmount", FANOTIFY_UNMOUNT, "UNMOUNT" },
	{ "q_overflow", FAN_Q_OVERFLOW, "Q_OVERFLOW", "overflow" },
	{ "isdir", FAN_ONDIR, "ISDIR" },
	{ "" },
};

/* ---- events ---- */

static int
end_with(struct permit *permit, enum permit_end end, int value, struct event *event)
{
	permit->end = end;
	permit->end_value = value;
	*event =
		(struct event){ .time = moment_now(), .names = permit_names, .what = PERMIT_ENDED };
	return 1;
}

/* What MESSAGE means: 1 an event, 0 none. */
static int
convert(struct permit *permit, const struct message *message, struct event *event)
{
	switch (message->kind) {
	case MESSAGE_DECIDED:
		permit->doer = (struct doer){ .pid = message->pid,
					      .comm = message->has_ids ? message->comm : NULL,
					      .comm_length = message->comm_length,
					      .has_uid = message->has_ids,
					      .uid = message->uid };
		*event =
			(struct event){ .time = message->time,
					.names = permit_names,
					.what = message->what | (message->is_dir ? FAN_ONDIR : 0),
					.dir = "?",
					.dir_length = 1,
					.name = "",
					.doer = &permit->doer,
					.is_dir = message->is_dir,
					.gone = !message->path_length,
					.has_value = message->error,
					.value = message->error,
					.answer = message->what & PERMIT_ALLOW ? "allow" : "deny" };
		if (!event->gone)
			event_set_path(event, message->path, message->path_length);
		return 1;
	case MESSAGE_LOST:
		permit->doer = (struct doer){ 0 };
		*event = (struct event){ .time = message->time,
					 .names = permit_names,
					 .what = FAN_Q_OVERFLOW,
					 .dir = "",
					 .name = "",
					 .doer = &permit->doer,
					 .count = message->number,
					 .is_many = true };
		return 1;
	case MESSAGE_NOT_RUN:
		permit->news(PERMIT_NOT_RUN, message->error, permit->context);
		return 0;
	case MESSAGE_ASKER_GONE:
		permit->news(PERMIT_ASKER_GONE, 0, permit->context);
		return 0;
	case MESSAGE_ENDED:
		return end_with(permit, (enum permit_end)message->what, message->error, event);
	default:
		return 0;
	}
}

/* What is told without a message: 1 an event, 0 none. */
static int
look_besides(struct permit *permit, struct event *event)
{
	struct pollfd last = { .fd = permit->source.fd, .events = POLLIN };
	size_t number;

	if (permit->besides[1].revents)
		grounds_look(&permit->grounds);
	permit->besides[1].revents = 0;
	while (grounds_next_astray(&permit->grounds, &number))
		permit->news(PERMIT_ASTRAY, (int64_t)number, permit->context);
	if (grounds_next(&permit->grounds, &number)) {
		permit->doer = (struct doer){ 0 };
		*event = (struct event){ .time = moment_now(),
					 .names = permit_names,
					 .what = FANOTIFY_UNMOUNT,
					 .doer = &permit->doer };
		event_set_path(event, permit->paths[number], strlen(permit->paths[number]));
		return 1;
	}
	/* The responder has ended: the guard tells why, unless that is stopped. */
	if (!permit->besides[0].revents || source_waiting(&permit->source)
	    || (poll(&last, 1, LAST_WORD) > 0 && source_waiting(&permit->source)))
		return 0;
	return end_with(permit, PERMIT_KILLED, 0, event);
}

static int
decode(struct source *source, struct event *event)
{
	struct permit *permit = (struct permit *)source;
	struct message message;
	size_t size;

	while ((size = message_get(source->buffer + source->offset, source->length - source->offset,
				   &message))) {
		source->offset += size;
		if (convert(permit, &message, event))
			return 1;
	}
	source->offset = source->length;
	return look_besides(permit, event);
}

/* ---- starting and ending ---- */

/*
 * In a new process of ours: in a session of its own, with its standard descriptors closed unless SPEAKS,
 * and no others but KEPT.
 */
static void
begin_process(const int *kept, size_t count, bool speaks)
{
	signals_inherit_without_endings();
	setsid();
	descriptors_close_but(kept, count);
	for (int fd = 0; fd < 3 && !speaks; fd++)
		close(fd);
	descriptors_occupy();
	signals_ignore(SIGPIPE);
}

/* CHANNEL's first end is the main process's, the second one the new process's. */
static pid_t
start_asker(struct permit *permit, const int channel[2])
{
	pid_t pid;

	signals_hold();
	pid = fork();
	if (pid == 0) {
		begin_process(&channel[1], 1, true);
		_exit(asker_run(permit->ask, channel[1]));
	}
	signals_release();
	return pid;
}

static pid_t
start_guard(struct permit *permit, int out, int asker)
{
	int kept[] = { out < asker ? out : asker, out < asker ? asker : out };
	pid_t pid;

	signals_hold();
	pid = fork();
	if (pid == 0) {
		permit->guard = pid_self();
		begin_process(kept, 2, false);
		_exit(guard_run(permit, out, asker));
	}
	signals_release();
	return pid;
}

/* Takes MESSAGE: all is marked, or something has failed: then *ERROR. */
static void
take_start(struct permit *permit, const struct message *message, struct permit_error *error)
{
	if (message->kind == MESSAGE_STARTED) {
		permit->responder = (pid_t)message->number;
		permit->grounds.holder = permit->responder;
		permit->grounds.group = permit->scope == PERMIT_INODE ? -1 : (int)message->what;
	}
	if (message->kind != MESSAGE_FAILED)
		return;
	*error = (struct permit_error){ .step = (enum permit_step)message->what,
					.error = message->error };
	if (error->step != PERMIT_MARK)
		return;
	errno = message->error;
	permit->news(PERMIT_REFUSED, (int64_t)message->number, permit->context);
}

/* Waits for the word that all is marked. -1 and *ERROR: what failed, to the last word. */
static int
await_start(struct permit *permit, struct permit_error *error)
{
	struct source *source = &permit->source;
	struct pollfd ready = { .fd = source->fd, .events = POLLIN };
	struct message message;
	size_t at, taken;
	ssize_t size;

	*error = (struct permit_error){ .step = PERMIT_PROCESS, .error = ECHILD };
	while (!permit->responder) {
		size = read(ready.fd, source->buffer, source->room);
		if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR))
			return -1;
		if (size < 0)
			poll(&ready, 1, -1);
		for (at = 0;
		     size > 0
		     && (taken = message_get(source->buffer + at, (size_t)size - at, &message));
		     at += taken)
			take_start(permit, &message, error);
	}
	return 0;
}

/* Opens the channels and starts the processes. -1 with errno. */
static int
start_processes(struct permit *permit)
{
	int out[2], ask[2] = { -1, -1 }, error;

	if (permit->ask) {
		if (channel_open(ask) < 0)
			return -1;
		permit->asker = start_asker(permit, ask);
		error = errno;
		close(ask[1]);
		if (permit->asker < 0)
			goto failed;
	}
	if (channel_open(out) < 0) {
		error = errno;
		goto failed;
	}
	permit->source.fd = out[0];
	permit->guard = start_guard(permit, out[1], ask[0]);
	error = errno;
	close(out[1]);
	if (permit->guard > 0)
		error = 0;
failed:
	if (ask[0] >= 0)
		close(ask[0]);
	errno = error;
	return error ? -1 : 0;
}

int
permit_start(struct permit *permit, struct permit_error *error)
{
	permit->applet = pid_self();
	permit->asker = permit->guard = permit->responder = 0;
	permit->end = PERMIT_RUNS;
	permit->besides[0] = permit->besides[1] = (struct pollfd){ .fd = -1 };
	permit->grounds = (struct grounds){ 0 };
	source_open(&permit->source, -1, ROOM, ROOM);
	permit->source.decode = decode;
	permit->source.nonblocking = true;
	*error = (struct permit_error){ .step = PERMIT_PROCESS };
	if (start_processes(permit) < 0) {
		error->error = errno;
		permit_close(permit);
		return -1;
	}
	if (await_start(permit, error) < 0) {
		permit_close(permit);
		return -1;
	}
	permit->besides[0].fd = pidfd_of(permit->responder);
	permit->besides[0].events = POLLIN;
	/* Without pidfds: what hangs up when the responder and the guard have ended. */
	if (permit->besides[0].fd < 0)
		permit->besides[0] = (struct pollfd){ .fd = permit->source.fd, .events = 0 };
	permit->besides[1].fd = grounds_open(&permit->grounds, permit->paths, permit->path_count,
					     permit->scope == PERMIT_MOUNT);
	permit->besides[1].events = POLLPRI;
	permit->source.besides = permit->besides;
	permit->source.besides_count = 2;
	return 0;
}

void
permit_finish(const struct permit *permit)
{
	channel_finish(permit->source.fd);
}

/* Waits for the end of the child PID; one that does not end by itself is killed. */
static void
end_child(pid_t pid, int64_t deadline)
{
	const struct timespec while_it_ends = { .tv_nsec = 1000000 };
	bool killed = false;
	pid_t ended;

	while ((ended = waitpid(pid, NULL, killed ? 0 : WNOHANG)) == 0
	       || (ended < 0 && errno == EINTR)) {
		if (timerfd_now(CLOCK_MONOTONIC) > deadline && !killed)
			killed = kill(pid, SIGKILL) == 0;
		else if (!killed)
			nanosleep(&while_it_ends, NULL);
	}
}

void
permit_close(struct permit *permit)
{
	int64_t deadline = timerfd_now(CLOCK_MONOTONIC) + PATIENCE * (NUM_SECOND / 1000);
	int responder = permit->besides[0].fd == permit->source.fd ? -1 : permit->besides[0].fd;

	permit->source.besides_count = 0;
	source_close(&permit->source);
	if (permit->guard > 0)
		end_child(permit->guard, deadline);
	/* Its guard waits for it, unless that was killed. */
	if (responder >= 0) {
		pidfd_signal(responder, SIGKILL);
		close(responder);
	}
	if (permit->asker > 0)
		end_child(permit->asker, deadline);
	permit->asker = permit->guard = permit->responder = 0;
	if (permit->besides[1].fd >= 0)
		close(permit->besides[1].fd);
	permit->besides[0] = permit->besides[1] = (struct pollfd){ .fd = -1 };
	grounds_close(&permit->grounds);
}
