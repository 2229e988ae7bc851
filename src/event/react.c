/* SPDX-License-Identifier: MIT */
#include "event/react.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cli/num.h"
#include "kernel/memfd.h"
#include "kernel/pid.h"
#include "kernel/timerfd.h"
#include "memory.h"

enum {
	ARGUMENT_MAX = 131072 - 1, /* MAX_ARG_STRLEN of execve(2), with 4 KiB pages */
	LINE_MAX_SURE = 2 << 20,   /* more than that depends on ulimit -s */
	LINE_SPARE = 4096,         /* for an interpreter's line, and for what the kernel adds */
	VARIABLES = 5,
};

static bool
is_paths(const char *argument)
{
	return argument[0] == '{' && argument[1] == '}' && !argument[2];
}

/* What STRINGS take in a command line: bytes and pointers. */
static size_t
line_size(char *const *strings)
{
	size_t size = 0;

	for (; *strings; strings++)
		size += strlen(*strings) + 1 + sizeof(*strings);
	return size;
}

/* The bytes that are left for paths; execve(2), "Limits on size of arguments and environment". */
static size_t
find_budget(const struct react *react)
{
	long limit = sysconf(_SC_ARG_MAX);
	size_t room = limit < 0 || limit > LINE_MAX_SURE ? LINE_MAX_SURE : (size_t)limit;
	size_t used = line_size(react->command) + (environ ? line_size(environ) : 0) + LINE_SPARE;

	return room > used ? room - used : 0;
}

void
react_open(struct react *react)
{
	react->open.unique = react->closed.unique = react->together || react->debounce;
	react->budget = find_budget(react);
	react->child = (struct command){ .pidfd = -1 };
	react->quiet_at = react->kill_at = react->retry_at = NUM_FOREVER;
}

/* ---- taking events ---- */

static int64_t
after(int64_t duration)
{
	int64_t moment;

	return __builtin_add_overflow(timerfd_now(CLOCK_MONOTONIC), duration, &moment) ? NUM_FOREVER
										       : moment;
}

static bool
is_running(const struct react *react)
{
	return react->child.pid > 0;
}

/* Whether a run is on, or will be without any further event. */
static bool
is_busy(const struct react *react)
{
	return is_running(react) || react->next < react->closed.path_count;
}

void
react_take(struct react *react, const struct event *event)
{
	bool single = !react->together && !react->debounce;

	if (react->over || react->finishing)
		return;
	if (react->busy == REACT_SKIP && (is_busy(react) || (single && react->open.event_count))) {
		react->skipped += event->count ? event->count : 1;
		return;
	}
	batch_add(&react->open, event);
	react->quiet_at = react->debounce ? after(react->debounce) : 0;
	if (react->once && single)
		react->finishing = true;
}

bool
react_is_full(const struct react *react)
{
	return batch_size(&react->open) >= REACT_QUEUE_MAX;
}

bool
react_is_over(const struct react *react)
{
	return react->over || react->finishing;
}

/* ---- one run ---- */

/* How often each path stands in the command. */
static size_t
count_copies(const struct react *react)
{
	size_t copies = 0;

	for (char **argument = react->command; *argument; argument++)
		copies += is_paths(*argument);
	return copies;
}

bool
react_needs_paths(const struct react *react)
{
	return count_copies(react);
}

/* Adds the bytes of PATH to those that are USED, if it fits. */
static bool
fit(const struct react *react, size_t path, size_t copies, size_t *used)
{
	size_t length = react->closed.paths[path].length;
	size_t size = copies * (length + 1 + sizeof(char *));

	if (copies && (length > ARGUMENT_MAX || *used + size > react->budget))
		return false;
	*used += size;
	return true;
}

/*
 * Where the run that begins with the path number FIRST ends; FIRST if that one does not fit at
 * all.
 */
static size_t
find_end(const struct react *react, size_t first)
{
	/* The environment has the first path, too, and its two parts. */
	size_t copies = count_copies(react), end = first;
	size_t used = 2 * react->closed.paths[first].length;

	while (end < react->closed.path_count && (end == first || react->together)
	       && fit(react, end, copies, &used))
		end++;
	return end;
}

/* The command with the paths from FIRST to END - 1 in place of each {}; free(3) it. */
static char **
make_arguments(const struct react *react, size_t first, size_t end)
{
	size_t count = 0, room = 0;
	char **arguments;

	for (char **from = react->command; *from; from++)
		room += is_paths(*from) ? end - first : 1;
	arguments = memory_get((room + 1) * sizeof(*arguments));
	for (char **from = react->command; *from; from++) {
		if (!is_paths(*from)) {
			arguments[count++] = *from;
			continue;
		}
		for (size_t i = first; i < end; i++)
			if (react->closed.paths[i].length) /* an overflow has none */
				arguments[count++] = batch_path(&react->closed, i);
	}
	return arguments;
}

/* Appends "NAME=VALUE" and NUL; VALUE is empty when it is too long for an environment. */
static void
add_variable(struct buffer *buffer, const char *name, const char *value, size_t length)
{
	buffer_text(buffer, name);
	if (strlen(name) + length <= ARGUMENT_MAX)
		buffer_add(buffer, value, length);
	buffer_byte(buffer, '\0');
}

/*
 * Puts what the environment says of the run into TEXT, and the places of the variables into
 * VARIABLES.
 */
static void
make_variables(const struct react *react, size_t first, size_t count, struct buffer *text,
	       char *variables[VARIABLES + 1])
{
	const struct batch_path *path = &react->closed.paths[first];
	const char *name = batch_path(&react->closed, first);
	size_t dir = path->dir_length, offset = 0;
	char number[24];

	snprintf(number, sizeof(number), "%zu", count);
	add_variable(text, "BUTTER_EVENT=", path->word, strlen(path->word));
	add_variable(text, "BUTTER_PATH=", name, path->length);
	/* As in JSON, there are two parts only where the event tells of an entry. */
	add_variable(text, "BUTTER_DIR=", name, dir < path->length ? dir : 0);
	add_variable(text, "BUTTER_NAME=", name + dir, path->length - dir);
	add_variable(text, "BUTTER_COUNT=", number, strlen(number));
	for (size_t i = 0; i < VARIABLES; i++) {
		variables[i] = text->data + offset;
		offset += strlen(variables[i]) + 1;
	}
	variables[VARIABLES] = NULL;
}

/* A file with TEXT, to be read from its start; -1 errno. */
static int
make_input(const struct buffer *text)
{
	int fd = memfd_open(), error;

	if (fd < 0)
		return -1;
	for (size_t done = 0; done < text->length;) {
		ssize_t size = write(fd, text->data + done, text->length - done);

		if (size < 0 && errno == EINTR)
			continue;
		if (size < 0)
			goto failed;
		done += (size_t)size;
	}
	if (lseek(fd, 0, SEEK_SET) == 0)
		return fd;
failed:
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* Starts the run of the paths from FIRST to END - 1; as command_start. */
static int
start(struct react *react, size_t first, size_t end)
{
	struct buffer lines = { 0 }, text = { 0 };
	char *variables[VARIABLES + 1], **arguments;
	int input, result = -1, error;
	size_t count = batch_lines(&react->closed, first, end, &lines);

	input = make_input(&lines);
	error = errno;
	buffer_done(&lines);
	if (input >= 0) {
		arguments = make_arguments(react, first, end);
		make_variables(react, first, count, &text, variables);
		result = command_start(&react->child, arguments, input, variables);
		error = errno;
		free(arguments);
		buffer_done(&text);
		close(input);
	}
	errno = error;
	return result;
}

/* ---- one after the other ---- */

static void
tell(const struct react *react, enum react_news news, int64_t value)
{
	bool is_run = react->run < react->closed.path_count;
	const char *path = is_run ? batch_path(&react->closed, react->run) : "";

	react->tell(news, is_run && !*path ? react->closed.paths[react->run].word : path, value,
		    react->context);
}

static void
stop(struct react *react, int status, int error)
{
	react->status = status;
	react->error = error;
	react->over = true;
	react->next = react->closed.path_count;
	batch_done(&react->open);
}

/*
 * The run of the paths up to END - 1, which is one if they are arguments, does not fit; others
 * may.
 */
static void
leave_out(struct react *react, size_t end)
{
	tell(react, REACT_TOO_LONG, 0);
	if (!react->status)
		react->status = EXEC_CANNOT_RUN;
	react->next = react->once && !react->together ? react->closed.path_count : end;
}

/* Whether ERROR says that the next try may go better. */
static bool
may_pass(int error)
{
	return error == EAGAIN || error == ENOMEM || error == EMFILE || error == ENFILE
	       || error == ETXTBSY;
}

/* Starts the next run, or finds out why not. */
static void
run_next(struct react *react)
{
	size_t end = find_end(react, react->next);
	int result;

	react->run = react->next;
	if (end == react->run) {
		leave_out(react, end + 1);
		return;
	}
	result = start(react, react->run, end);
	if (result == 0) {
		react->ran = true;
		react->delayed = false;
		react->next = end;
	} else if (result > 0 && errno == E2BIG) {
		/* The kernel gives less than it was asked for: half of it, then. */
		if (end - react->run > 1 && count_copies(react))
			react->budget /= 2;
		else
			leave_out(react, end);
	} else if (!(result < 0 || may_pass(errno)) || react->once || react->finishing) {
		stop(react, result < 0 ? EXEC_FAILED : result, errno);
	} else {
		if (!react->delayed)
			tell(react, REACT_DELAYED, errno);
		react->delayed = true;
		react->retry_at = after(REACT_RETRY * NUM_SECOND);
	}
}

/* Whether what collects is to be run now. */
static bool
is_due(const struct react *react)
{
	return react->open.event_count
	       && (react->finishing || react_is_full(react)
		   || react->quiet_at <= timerfd_now(CLOCK_MONOTONIC));
}

static void
forget_closed(struct react *react)
{
	batch_done(&react->closed);
	react->run = react->next = 0;
}

/* What collects becomes what is run. */
static void
close_batch(struct react *react)
{
	forget_closed(react);
	react->closed = react->open;
	react->open = (struct batch){ .unique = react->closed.unique };
	react->finishing |= react->once;
}

/*
 * The command was ended for a restart: its events, and those of runs that did not start, go
 * before what has come since.
 */
static void
take_back(struct react *react)
{
	struct batch all = { .unique = true };

	batch_join(&all, &react->closed, react->run);
	batch_join(&all, &react->open, 0);
	batch_done(&react->open);
	forget_closed(react);
	react->open = all;
}

static void
reap(struct react *react)
{
	int status = 0, result = command_reap(&react->child, &status);

	if (result == 0)
		return;
	react->kill_at = NUM_FOREVER;
	if (react->skipped)
		tell(react, REACT_SKIPPED, (int64_t)react->skipped);
	react->skipped = 0;
	if (react->ending) {
		react->ending = false;
		take_back(react);
		return;
	}
	if (status && !react->interrupted && !react->once)
		tell(react, REACT_FAILED, status);
	if (!react->status)
		react->status = status;
	if (react->next >= react->closed.path_count || (react->once && !react->together))
		forget_closed(react);
}

/* Ends the command for a restart: nicely, then by force. */
static void
end_command(struct react *react)
{
	if (!react->ending) {
		command_signal(&react->child, SIGTERM);
		react->ending = true;
		react->kill_at = after(REACT_GRACE * NUM_SECOND);
	} else if (react->kill_at <= timerfd_now(CLOCK_MONOTONIC)) {
		command_signal(&react->child, SIGKILL);
		react->kill_at = NUM_FOREVER;
	}
}

void
react_step(struct react *react, bool drained)
{
	/*
	 * The events that a command made itself were in the queue before it ended, and are
	 * skipped.
	 */
	if (react->busy == REACT_SKIP && !drained && is_running(react))
		return;
	if (is_running(react))
		reap(react);
	if (pid_self() == 1)
		command_reap_others(&react->child);
	if (is_running(react) && react->interrupted) {
		/* Its end is not waited for any longer. */
		if (react->kill_at <= timerfd_now(CLOCK_MONOTONIC))
			react->child.pid = 0;
		return;
	}
	if (is_running(react) && react->busy == REACT_RESTART && (react->ending || is_due(react)))
		end_command(react);
	while (!is_running(react) && !react->over) {
		if (react->retry_at != NUM_FOREVER) {
			if (!react->finishing && react->retry_at > timerfd_now(CLOCK_MONOTONIC))
				return;
			react->retry_at = NUM_FOREVER;
		}
		if (react->next < react->closed.path_count)
			run_next(react);
		else if (is_due(react))
			close_batch(react);
		else
			return;
	}
}

int
react_fd(const struct react *react)
{
	return is_running(react) ? react->child.pidfd : -1;
}

int64_t
react_deadline(const struct react *react)
{
	if (is_running(react))
		return react->busy == REACT_RESTART && react->open.event_count && !react->ending
				       && !react->interrupted
			       ? react->quiet_at
			       : react->kill_at;
	if (react->retry_at != NUM_FOREVER)
		return react->retry_at;
	return react->open.event_count ? react->quiet_at : NUM_FOREVER;
}

void
react_finish(struct react *react)
{
	react->finishing = true;
}

void
react_interrupt(struct react *react, int signal)
{
	react->interrupted = react->over = true;
	react->ending = false;
	if (!is_running(react))
		return;
	if (signal)
		command_signal(&react->child, signal);
	react->kill_at = after(REACT_GRACE * NUM_SECOND);
}

bool
react_is_done(const struct react *react)
{
	return !is_running(react) && (react->over || (!is_busy(react) && !react->open.event_count));
}

void
react_close(struct react *react)
{
	if (react->child.pidfd >= 0)
		close(react->child.pidfd);
	batch_done(&react->open);
	batch_done(&react->closed);
}
