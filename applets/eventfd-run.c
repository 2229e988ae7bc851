/* SPDX-License-Identifier: MIT */
/*
 * eventfd-run: take a token of an eventfd, run a command, give the token back: as many at once as there are
 * tokens. Who waits sleeps in the kernel, and starts as soon as one is there. However the command ends the
 * token goes back; under eventfd-exec --robust also when this process is killed.
 */
#include <poll.h>
#include <signal.h>
#include <time.h>

#include "applet.h"
#include "cli/num.h"
#include "cli/say.h"
#include "counting.h"
#include "kernel/epoll.h"
#include "kernel/signalfd.h"
#include "kernel/timerfd.h"
#include "process/exec.h"
#include "process/signals.h"
#include "process/supervise.h"
#include "process/token.h"
#include "starting.h"

enum { TIMED_OUT = 124 };

static struct counting counting = COUNTING_NONE;
static int64_t timeout = NUM_FOREVER;

static void
options(struct opt_table *table)
{
	opt_duration(table, 't', "timeout", &timeout,
		     "give up when there is no token for DURATION; 0: look once");
	counting_options(table, &counting);
}

static struct supervise supervise;
static struct token token;
static int asked_to_end; /* while there is no command yet: by this signal */
static sigset_t put_off; /* what is blocked: for the command */

/* Has the effect here that it would have had, but for ending this process. */
static void
suffer(int signal)
{
	sigset_t set;

	if (sigismember(&supervise.mask, signal) == 1) {
		sigaddset(&put_off, signal);
	} else if (signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU) {
		sigemptyset(&set);
		sigaddset(&set, signal);
		raise(signal);
		sigprocmask(SIG_UNBLOCK, &set, NULL);
		sigprocmask(SIG_BLOCK, &set, NULL);
	} else if (signal != SIGCONT && signal != SIGURG && signal != SIGWINCH && !asked_to_end) {
		asked_to_end = signal;
	}
}

static int
take_signal(const struct signalfd_record *record, bool is_shared, void *context)
{
	(void)is_shared;
	(void)context;
	if (supervise.pid)
		return record->signal;
	suffer(record->signal);
	return 0;
}

/* Waits for the next signal, or maybe a token: 1, 0 the time ran out, -1 errno. */
static int
sleep_until_ready(int64_t deadline)
{
	struct pollfd fds[] = { { .fd = supervise.fd, .events = POLLIN },
				{ .fd = token_fd(&token), .events = POLLIN } };
	struct timespec space;
	int ready;

	if (timerfd_now(CLOCK_MONOTONIC) >= deadline)
		return 0;
	ready = ppoll(fds, 2, timerfd_until(deadline, &space), NULL);
	return ready < 0 && errno != EINTR ? -1 : 1;
}

/* 1 there is a token, or a signal has asked to end; 0 the time ran out; -1 errno. */
static int
take_token(void)
{
	/* The keeper has to answer before anybody knows whether there was one; he may have been stopped. */
	int64_t deadline = timerfd_in(timeout),
		answer = timerfd_in(timeout < NUM_SECOND ? NUM_SECOND : timeout);

	for (;;) {
		int result = supervise_step(&supervise);

		if (result < 0)
			return -1;
		if (asked_to_end)
			return 1;
		result = token_take(&token);
		if (result)
			return result;
		result = sleep_until_ready(token.is_answered ? deadline : answer);
		if (result <= 0)
			return result;
	}
}

/* There is no token: the status after a message. */
static int
refuse(void)
{
	if (errno == EPIPE)
		return failx(
			"butter eventfd-exec, which keeps the tokens, has ended or can take no more jobs (raise ulimit -Hn)");
	return fail(epoll_read_hints, "cannot take a token");
}

static int
run(char **command)
{
	int status = starting_run(&supervise);

	if (status)
		return status;
	for (int signal = 1; signal < NSIG; signal++)
		if (sigismember(&put_off, signal) == 1)
			supervise_signal(&supervise, signal);
	if (supervise_run(&supervise, NUM_FOREVER) < 0)
		return fail(epoll_read_hints, "cannot wait for '%s'", command[0]);
	return supervise.status;
}

static int
eventfd_run_run(int count, char **operands)
{
	int status = counting_find(&counting), result;

	(void)count;
	if (status)
		return status;
	token = (struct token){ .eventfd = counting.fd, .keeper = counting.keeper };
	supervise = (struct supervise){ .argv = operands, .take = take_signal };
	sigemptyset(&put_off);
	if (supervise_open(&supervise) < 0)
		return fail(signalfd_hints, "cannot receive signals");
	if (token_ask(&token) < 0)
		return refuse();
	result = take_token();
	if (result > 0 && asked_to_end) {
		token_close(&token);
		supervise_close(&supervise);
		return signals_end_by(asked_to_end);
	}
	if (result < 0)
		return refuse();
	if (!result) {
		failx("there was no token in time");
		return TIMED_OUT;
	}
	if (token.channel >= 0) {
		supervise.channel = token.channel;
		supervise.word = TOKEN_USED;
	}
	status = run(operands);
	if (token_give(&token) < 0)
		fail(NULL, "cannot give the token back");
	supervise_close(&supervise);
	return supervise.signal ? signals_end_by(supervise.signal) : status;
}

const struct applet applet_eventfd_run = {
	.name = "eventfd-run",
	.summary = "run a command when there is a token for it, and give that back",
	.operands = "COMMAND [ARG ...]",
	.min = 1,
	.max = APPLET_ANY,
	.wrapper = true,
	.failure = EXEC_FAILED,
	.options = options,
	.run = eventfd_run_run,
};
