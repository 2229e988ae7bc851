/* SPDX-License-Identifier: MIT */
#include "permit/asker.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/moment.h"
#include "cli/num.h"
#include "event/print.h"
#include "kernel/kin.h"
#include "kernel/memfd.h"
#include "kernel/timerfd.h"
#include "permit/message.h"
#include "permit/permit.h"
#include "process/command.h"
#include "process/descriptors.h"
#include "process/exec.h"
#include "process/signals.h"

/* A command that runs; no process: nothing does. */
struct run {
	struct command command;
	uint64_t number;
	int64_t kill_at; /* CLOCK_MONOTONIC */
};

struct asker {
	char **command;
	int channel, signals;
	struct run runs[ASKER_MAX];
};

/* Tells the responder. It takes what comes: there are never more messages than commands. */
static void
send_message(int channel, const struct message *message)
{
	struct buffer bytes = { 0 };

	message_put(&bytes, message);
	while (write(channel, bytes.data, bytes.length) < 0
	       && (errno == EINTR || errno == EAGAIN)) {
		struct pollfd ready = { .fd = channel, .events = POLLOUT };

		poll(&ready, 1, -1);
	}
	buffer_done(&bytes);
}

static void
tell_done(const struct asker *asker, uint64_t number, int status, int error)
{
	if (error)
		send_message(asker->channel,
			     &(struct message){ .kind = MESSAGE_NOT_RUN, .error = error });
	send_message(asker->channel,
		     &(struct message){ .kind = MESSAGE_DONE, .number = number, .error = status });
}

/* A file with the request as a JSON line, to be read from its start; -1 with errno. */
static int
describe(const struct message *ask, const struct doer *doer, struct buffer *environment,
	 size_t starts[5])
{
	const struct print print = { .style = PRINT_JSON };
	struct event event = { .time = moment_now(),
			       .names = permit_names,
			       .what = ask->what,
			       .dir = ask->path,
			       .dir_length = ask->path_length,
			       .doer = doer,
			       .is_dir = ask->is_dir };
	struct buffer line = { 0 };
	int fd = memfd_open(), error = 0;

	print_event(&line, &print, &event);
	if (fd >= 0
	    && (write(fd, line.data, line.length) != (ssize_t)line.length
		|| lseek(fd, 0, SEEK_SET) < 0)) {
		error = errno;
		close(fd);
		fd = -1;
		errno = error;
	}
	error = errno;
	buffer_done(&line);
	starts[0] = environment->length;
	buffer_print(environment, "BUTTER_EVENT=%s", print_word(&event));
	buffer_byte(environment, '\0');
	starts[1] = environment->length;
	buffer_text(environment, "BUTTER_PATH=");
	buffer_add(environment, ask->path, ask->path_length);
	buffer_byte(environment, '\0');
	starts[2] = environment->length;
	buffer_print(environment, "BUTTER_PID=%" PRId32, ask->pid);
	buffer_byte(environment, '\0');
	starts[3] = environment->length;
	buffer_text(environment, "BUTTER_COMM=");
	buffer_add(environment, ask->comm, ask->comm_length);
	buffer_byte(environment, '\0');
	starts[4] = environment->length;
	buffer_text(environment, "BUTTER_UID=");
	if (ask->has_ids)
		buffer_print(environment, "%" PRIu32, ask->uid);
	buffer_byte(environment, '\0');
	errno = error;
	return fd;
}

static void
start(struct asker *asker, struct run *run, const struct message *ask)
{
	struct doer doer = { .pid = ask->pid,
			     .comm = ask->has_ids ? ask->comm : NULL,
			     .comm_length = ask->comm_length,
			     .has_uid = ask->has_ids,
			     .uid = ask->uid };
	struct buffer environment = { 0 };
	char *extra[6] = { NULL };
	size_t starts[5];
	int fd = describe(ask, &doer, &environment, starts), result = -1, error = 0;

	for (int i = 0; i < 5; i++)
		extra[i] = environment.data + starts[i];
	if (fd >= 0)
		result = command_start_apart(&run->command, asker->command, fd, extra);
	error = errno;
	if (fd >= 0)
		close(fd);
	buffer_done(&environment);
	run->number = ask->number;
	run->kill_at = ask->time;
	if (result == 0)
		return;
	run->command = (struct command){ .pidfd = -1 };
	tell_done(asker, ask->number, EXEC_FAILED, error);
}

/* Takes one request: false when there is none, or nobody to answer to. */
static bool
take(struct asker *asker)
{
	char bytes[MESSAGE_MAX];
	ssize_t size = read(asker->channel, bytes, sizeof(bytes));
	struct message ask;

	if (size <= 0 || !message_get(bytes, (size_t)size, &ask) || ask.kind != MESSAGE_ASK)
		return size < 0 && errno == EINTR;
	for (int i = 0; i < ASKER_MAX; i++)
		if (!asker->runs[i].command.pid) {
			start(asker, &asker->runs[i], &ask);
			return true;
		}
	tell_done(asker, ask.number, EXEC_FAILED, EAGAIN);
	return true;
}

/* Tells of those that have ended, and kills those that are late. */
static void
look(struct asker *asker)
{
	int64_t now = timerfd_now(CLOCK_MONOTONIC);
	int status;

	for (int i = 0; i < ASKER_MAX; i++) {
		struct run *run = &asker->runs[i];
		int result;

		if (!run->command.pid)
			continue;
		if (now >= run->kill_at) {
			command_kill(&run->command);
			run->kill_at = NUM_FOREVER;
		}
		result = command_reap(&run->command, &status);
		if (result)
			tell_done(asker, run->number, result < 0 ? EXEC_FAILED : status, 0);
	}
}

static bool
is_command(const struct asker *asker, pid_t pid)
{
	for (int i = 0; i < ASKER_MAX; i++)
		if (asker->runs[i].command.pid == pid)
			return true;
	return false;
}

/* What commands have left behind has come to us: its ends are waited for. */
static void
bury_orphans(const struct asker *asker)
{
	siginfo_t ended = { 0 };

	/* A command is left for look, which will be called again. */
	while (waitid(P_ALL, 0, &ended, WEXITED | WNOHANG | WNOWAIT) == 0 && ended.si_pid
	       && !is_command(asker, ended.si_pid))
		waitpid(ended.si_pid, NULL, WNOHANG);
}

/* Sleeps until something happens; false when the responder has ended. */
static bool
sleep_until_ready(struct asker *asker)
{
	struct pollfd fds[2 + ASKER_MAX] = { { .fd = asker->channel, .events = POLLIN },
					     { .fd = asker->signals, .events = POLLIN } };
	int64_t now = timerfd_now(CLOCK_MONOTONIC), until = NUM_FOREVER;
	struct timespec timeout = { 0 };

	for (int i = 0; i < ASKER_MAX; i++) {
		const struct run *run = &asker->runs[i];

		fds[2 + i] = (struct pollfd){ .fd = run->command.pid ? run->command.pidfd : -1,
					      .events = POLLIN };
		if (run->command.pid && run->kill_at < until)
			until = run->kill_at;
	}
	if (until > now && until != NUM_FOREVER)
		timeout =
			(struct timespec){ (until - now) / NUM_SECOND, (until - now) % NUM_SECOND };
	if (ppoll(fds, 2 + ASKER_MAX, until == NUM_FOREVER ? NULL : &timeout, NULL) < 0)
		return errno == EINTR;
	if (fds[1].revents)
		signals_take();
	return !(fds[0].revents & POLLHUP);
}

/* The responder has ended: no command has anything to say any more. */
static void
end_all(struct asker *asker)
{
	int status;

	for (int i = 0; i < ASKER_MAX; i++)
		if (asker->runs[i].command.pid)
			command_kill(&asker->runs[i].command);
	for (int i = 0; i < ASKER_MAX; i++)
		while (asker->runs[i].command.pid
		       && !command_reap(&asker->runs[i].command, &status)) {
			struct pollfd fd = { .fd = asker->runs[i].command.pidfd, .events = POLLIN };

			poll(&fd, 1, 100);
		}
}

int
asker_run(char **command, int channel)
{
	struct asker asker = { .command = command, .channel = channel };

	for (int i = 0; i < ASKER_MAX; i++)
		asker.runs[i].command.pidfd = -1;
	/* Records are another's business: what the command prints are messages. */
	descriptors_speak();
	asker.signals = signals_watch();
	/* Who outlives the command that has started it becomes our child: the responder sees whose it is. */
	kin_adopt();
	signals_watch_children();
	while (sleep_until_ready(&asker)) {
		while (take(&asker))
			;
		look(&asker);
		bury_orphans(&asker);
	}
	end_all(&asker);
	return 0;
}
