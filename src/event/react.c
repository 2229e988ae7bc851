/* SPDX-License-Identifier: MIT */
#include "event/react.h"

#include <errno.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include "cli/num.h"
#include "event/reactpart.h"
#include "kernel/pid.h"
#include "kernel/timerfd.h"

void
react_open(struct react *react)
{
	react->open.unique = react->closed.unique = react->together || react->debounce;
	react->budget = reactpart_budget(react);
	react->child = (struct command){ .pidfd = -1 };
	react->quiet_at = react->kill_at = react->retry_at = NUM_FOREVER;
}

/* ---- taking events ---- */

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
	react->quiet_at = react->debounce ? timerfd_in(react->debounce) : 0;
	if (react->once && single)
		react->finishing = true;
}

bool
react_is_full(const struct react *react)
{
	return batch_size(&react->open) >= REACT_QUEUE_MAX;
}

bool
react_needs_paths(const struct react *react)
{
	return reactpart_copies(react);
}

bool
react_is_over(const struct react *react)
{
	return react->over || react->finishing;
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
	size_t end = reactpart_end(react, react->next);
	int result;

	react->run = react->next;
	if (end == react->run) {
		leave_out(react, end + 1);
		return;
	}
	result = reactpart_start(react, react->run, end);
	if (result == 0) {
		react->ran = true;
		react->delayed = false;
		react->next = end;
	} else if (result > 0 && errno == E2BIG) {
		/* The kernel gives less than it was asked for: half of it, then. */
		if (end - react->run > 1 && reactpart_copies(react))
			react->budget /= 2;
		else
			leave_out(react, end);
	} else if (!(result < 0 || may_pass(errno)) || react->once || react->finishing) {
		stop(react, result < 0 ? EXEC_FAILED : result, errno);
	} else {
		if (!react->delayed)
			tell(react, REACT_DELAYED, errno);
		react->delayed = true;
		react->retry_at = timerfd_in(REACT_RETRY * NUM_SECOND);
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
		react->kill_at = timerfd_in(REACT_GRACE * NUM_SECOND);
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
	react->kill_at = timerfd_in(REACT_GRACE * NUM_SECOND);
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
