/* SPDX-License-Identifier: MIT */
#include "namespaces/enclosing.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/num.h"
#include "cli/say.h"
#include "file.h"
#include "kernel/clone.h"
#include "kernel/epoll.h"
#include "kernel/pid.h"
#include "kernel/timerfd.h"
#include "namespaces/gate.h"
#include "process/channel.h"
#include "process/child.h"
#include "process/descriptors.h"
#include "process/signals.h"
#include "process/supervise.h"
#include "starting.h"

static const char no_channel[] = "cannot make a channel to the process inside";

/* ---- inside ---- */

/* The process outside may have ended before: then it does what the signal would. */
static int
tie(int signal, int gate)
{
	struct pollfd other = { .fd = gate, .events = POLLRDHUP };

	if (!signal)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, signal) < 0)
		return fail(NULL, "--kill-child: cannot tie the command to this process");
	if (poll(&other, 1, 0) > 0 && other.revents & (POLLHUP | POLLRDHUP | POLLERR))
		child_end(128 + signal);
	return 0;
}

/* Process 1 ignores what has no handler: what has come before it is the command ends it here. */
static void
heed(const sigset_t *mask)
{
	sigset_t pending;

	if (pid_self() != 1 || sigpending(&pending) < 0)
		return;
	for (int signal = SIGHUP; signal <= SIGTERM; signal++) {
		struct sigaction now;

		if ((signal == SIGHUP || signal == SIGINT || signal == SIGQUIT || signal == SIGTERM)
		    && sigismember(&pending, signal) == 1 && sigismember(mask, signal) == 0
		    && sigaction(signal, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
			child_end(128 + signal);
	}
}

static int told_gate;

/* supervise.h's stopped, of the init, which cannot stop itself. */
static void
tell_stopped(int signal, void *context)
{
	(void)context;
	gate_say(told_gate, GATE_STOPPED, signal);
}

/* Process 1, with the command below it. */
static int
be_init(const struct enclosing *enclosing, const struct supervise *outer, int gate)
{
	struct supervise supervise = { .argv = enclosing->command, .stopped = tell_stopped };
	int status;

	if (supervise_open(&supervise) < 0)
		return fail(signalfd_hints, "cannot receive signals");
	supervise.mask = outer->mask;
	told_gate = gate;
	status = starting_run(&supervise);
	gate_say(gate, status ? GATE_FAILED : GATE_RUNS, 0);
	if (status)
		return status;
	descriptors_close_but((int[]){ gate < supervise.fd ? gate : supervise.fd,
				       gate < supervise.fd ? supervise.fd : gate },
			      2);
	if (supervise_run(&supervise, NUM_FOREVER) < 0)
		return fail(epoll_read_hints, "cannot receive signals");
	return supervise.status;
}

static _Noreturn void
be_inside(const struct enclosing *enclosing, const struct supervise *outer, uint64_t done, int gate)
{
	int status = tie(enclosing->death_signal, gate);

	if (!status)
		status = gate_pass(enclosing, done, gate);
	/* Another user, or another root, has untied it. */
	if (!status)
		status = tie(enclosing->death_signal, gate);
	if (status) {
		gate_say(gate, GATE_FAILED, 0);
		child_end(status);
	}
	close(outer->fd);
	if (enclosing->init)
		child_end(be_init(enclosing, outer, gate));
	heed(&outer->mask);
	signals_inherit();
	sigprocmask(SIG_SETMASK, &outer->mask, NULL);
	status = exec_become(enclosing->command);
	fail(NULL, "cannot run '%s'", enclosing->command[0]);
	gate_say(gate, GATE_FAILED, 0);
	child_end(status);
}

/* ---- outside ---- */

/* After so many nanoseconds it is looked again what has become of a signal that waits. */
enum { AGAIN = 10000000 };

struct outside {
	struct enclosing *enclosing;
	struct supervise supervise;
	int gate;
	bool is_shielded; /* the command is process 1, which the kernel keeps signals from */
	int sent;         /* the signal that was sent on last, and asks to end; 0 */
	int meant;        /* what KILL was sent for; 0 */
	int stops;        /* what STOP was sent for; 0 */
};

enum fate {
	FATE_HEEDED, /* it has a handler, is read, or is ignored; or nobody knows */
	FATE_WAITS,  /* it has come, and nothing has become of it yet */
	FATE_LOST,   /* it would have its default action, and process 1 has none */
};

/* What becomes of SIGNAL in the process PID. */
static enum fate
fate_of(pid_t pid, int signal)
{
	uint64_t bit = UINT64_C(1) << (signal - 1);
	struct pid_signals now;

	if (pid_signals(pid, &now) < 0)
		return FATE_HEEDED;
	if ((now.pending | now.shared_pending) & bit)
		return FATE_WAITS;
	return (now.blocked | now.ignored | now.caught) & bit ? FATE_HEEDED : FATE_LOST;
}

static bool
is_harmless(int signal)
{
	return signal == SIGCHLD || signal == SIGCONT || signal == SIGURG || signal == SIGWINCH;
}

static bool
is_stop(int signal)
{
	return signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;
}

/* supervise.h's take: what the default action would be elsewhere is done by KILL and STOP, which it heeds. */
static int
take(const struct signalfd_record *record, bool is_shared, void *context)
{
	struct outside *outside = context;
	int signal = record->signal;

	(void)is_shared;
	if (!outside->is_shielded || is_harmless(signal))
		return signal;
	if (fate_of(outside->supervise.pid, signal) != FATE_LOST) {
		outside->sent = is_stop(signal) ? 0 : signal;
		return signal;
	}
	if (is_stop(signal)) {
		outside->stops = signal;
		return SIGSTOP;
	}
	outside->meant = signal;
	return SIGKILL;
}

/* What was sent on may have waited there for a moment, and have been lost after all. */
static void
look_again(struct outside *outside)
{
	enum fate fate =
		outside->sent ? fate_of(outside->supervise.pid, outside->sent) : FATE_WAITS;

	if (fate == FATE_WAITS)
		return;
	if (fate == FATE_LOST) {
		outside->meant = outside->sent;
		supervise_signal(&outside->supervise, SIGKILL);
	}
	outside->sent = 0;
}

/* The number of the process, once the command runs. */
static void
tell_pid(struct enclosing *enclosing, pid_t pid)
{
	int fd = enclosing->pid_fd;

	enclosing->pid_fd = -1;
	if (fd >= 0 && (dprintf(fd, "%d", (int)pid) < 0 || descriptors_ready(fd) < 0))
		note_error(NULL, "cannot write to --pid-fd %d", fd);
}

static void
close_gate(struct outside *outside)
{
	file_close(outside->gate);
	outside->gate = -1;
}

/* Does what the process inside says. 0, or the status after a message. */
static int
listen_inside(struct outside *outside)
{
	int signal = 0;
	enum gate_word word = gate_hear(outside->gate, false, &signal);

	switch (word) {
	case GATE_MAP:
	case GATE_KEEP:
		if (outside->supervise.ended)
			return 0;
		return gate_serve(outside->enclosing, word, outside->gate, outside->supervise.pid);
	case GATE_STOPPED:
		if (!outside->supervise.ended)
			supervise_follow(&outside->supervise, signal);
		return 0;
	case GATE_FAILED:
		keeping_undo(&outside->enclosing->keeping);
		close_gate(outside);
		return 0;
	case GATE_RUNS:
	case GATE_CLOSED:
	default:
		if (word == GATE_CLOSED && errno == EAGAIN)
			return 0;
		tell_pid(outside->enclosing, outside->supervise.pid);
		if (word == GATE_CLOSED)
			close_gate(outside);
		return 0;
	}
}

static int
wait_for_news(struct outside *outside)
{
	struct supervise *supervise = &outside->supervise;
	int64_t due = supervise_deadline(supervise), left = 0,
		soon = outside->sent ? timerfd_now(CLOCK_MONOTONIC) + AGAIN : NUM_FOREVER;
	struct pollfd fds[] = { { .fd = supervise->fd, .events = POLLIN },
				{ .fd = outside->gate, .events = POLLIN } };
	struct timespec timeout;

	due = soon < due ? soon : due;
	if (due != NUM_FOREVER)
		left = due - timerfd_now(CLOCK_MONOTONIC);
	left = left < 0 ? 0 : left;
	timeout = (struct timespec){ left / NUM_SECOND, left % NUM_SECOND };
	if (ppoll(fds, 2, due == NUM_FOREVER ? NULL : &timeout, NULL) < 0)
		return errno == EINTR ? 0 : fail(epoll_read_hints, "cannot wait for signals");
	return fds[1].revents ? listen_inside(outside) : 0;
}

/* Until the command has ended. 0, or the status after a message. */
static int
stand_for_it(struct outside *outside)
{
	struct supervise *supervise = &outside->supervise;
	struct pollfd gate = { .fd = outside->gate, .events = POLLIN };
	int result = 0, status = 0;

	while (!status && (result = supervise_step(supervise)) == 0) {
		look_again(outside);
		if (outside->stops && supervise->is_stopped) {
			int signal = outside->stops;

			outside->stops = 0;
			supervise_follow(supervise, signal);
			continue;
		}
		status = wait_for_news(outside);
	}
	/* It may have ended before its last word was heard. */
	while (!status && outside->gate >= 0 && poll(&gate, 1, 0) > 0)
		status = listen_inside(outside);
	if (status) {
		supervise_signal(supervise, SIGKILL);
		supervise_run(supervise, NUM_FOREVER);
		keeping_undo(&outside->enclosing->keeping);
		return status;
	}
	return result < 0 ? fail(epoll_read_hints, "cannot receive signals") : 0;
}

static int
start(struct outside *outside)
{
	struct enclosing *enclosing = outside->enclosing;
	uint64_t flags = enclosing->inside.flags & ~namespace_time;
	int ends[2];
	pid_t pid;

	if (channel_open(ends) < 0)
		return fail(NULL, no_channel);
	outside->gate = ends[0];
	/* The root of a cgroup namespace is the cgroup that its maker is in. */
	if (enclosing->inside.cgroup >= 0)
		flags &= ~namespace_cgroup;
	pid = clone_start(flags);
	if (pid == 0) {
		close(ends[0]);
		be_inside(enclosing, &outside->supervise, flags, ends[1]);
	}
	file_close(ends[1]);
	if (pid < 0) {
		close_gate(outside);
		return errno == EAGAIN
			       ? fail(pid_start_hints, "cannot start a process")
			       : fail(namespace_why(flags, errno), "cannot make the namespaces");
	}
	supervise_adopt(&outside->supervise, pid);
	return 0;
}

int
enclosing_run(struct enclosing *enclosing)
{
	struct outside outside = {
		.enclosing = enclosing,
		.supervise = { .argv = enclosing->command,
			       .elsewhere = enclosing->inside.new_session,
			       .kill_after = enclosing->kill_after,
			       .take = take,
			       .context = &outside },
		.is_shielded = enclosing->inside.flags & namespace_pid && !enclosing->init,
	};
	int status, signal;

	if (supervise_open(&outside.supervise) < 0)
		return fail(signalfd_hints, "cannot receive signals");
	status = start(&outside);
	if (!status)
		status = stand_for_it(&outside);
	file_close(outside.gate);
	signal = outside.meant && outside.supervise.signal == SIGKILL ? outside.meant
								      : outside.supervise.signal;
	supervise_close(&outside.supervise);
	if (status || !signal)
		return status ? status : outside.supervise.status;
	return signals_end_by(signal);
}

/* ---- without a process outside ---- */

/*
 * A process that stays outside, and serves the one that PID is until it is the command. It is nobody's child:
 * the command would have to wait for it.
 */
static int
leave_outside(struct enclosing *enclosing, int *gate)
{
	pid_t pid = pid_self(), child;
	int ends[2];

	if (channel_open(ends) < 0)
		return fail(NULL, no_channel);
	child = clone_start(0);
	if (child < 0)
		return fail(pid_start_hints, "cannot start a process");
	*gate = ends[1];
	if (child) {
		close(ends[0]);
		child_wait(child);
		return 0;
	}
	if (clone_start(0))
		child_end(0);
	close(ends[1]);
	signals_let_wait();
	for (;;) {
		enum gate_word word = gate_hear(ends[0], true, NULL);

		if (word == GATE_FAILED)
			keeping_undo(&enclosing->keeping);
		if (word == GATE_FAILED || word == GATE_CLOSED)
			child_end(0);
		if (gate_serve(enclosing, word, ends[0], pid))
			child_end(EXEC_FAILED);
	}
}

int
enclosing_become(struct enclosing *enclosing)
{
	bool is_served =
		keeping_is_any(&enclosing->keeping)
		|| (mapping_is_any(&enclosing->mapping) && !mapping_is_own(&enclosing->mapping));
	int gate = -1, status = is_served ? leave_outside(enclosing, &gate) : 0;

	if (gate >= 0)
		signals_ignore(SIGPIPE);
	if (!status)
		status = gate_pass(enclosing, 0, gate);
	if (!status) {
		signals_restore(SIGPIPE);
		tell_pid(enclosing, pid_self());
		status = exec_become(enclosing->command);
		fail(NULL, "cannot run '%s'", enclosing->command[0]);
	}
	if (gate >= 0)
		gate_say(gate, GATE_FAILED, 0);
	return status;
}
