/* SPDX-License-Identifier: MIT */
#include "namespaces/enclosing.h"

#include <errno.h>
#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "cli/num.h"
#include "cli/say.h"
#include "file.h"
#include "kernel/capability.h"
#include "kernel/clone.h"
#include "kernel/epoll.h"
#include "kernel/pid.h"
#include "kernel/pidfd.h"
#include "namespaces/gate.h"
#include "namespaces/handing.h"
#include "namespaces/standing.h"
#include "process/channel.h"
#include "process/child.h"
#include "process/descriptors.h"
#include "process/signals.h"
#include "process/supervise.h"
#include "starting.h"

static const char no_process[] = "cannot start a process";
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
	/* Alone in a session, a group that is not ours is one that can be stopped. */
	struct supervise supervise = { .argv = enclosing->command,
				       .stopped = tell_stopped,
				       .apart = enclosing->inside.new_session };
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

/* The pidfd of this process, under the number that it is to have; *GATE goes elsewhere where it is that. */
static int
give_self(const struct enclosing *enclosing, int *gate)
{
	int pidfd;

	if (!enclosing->has_self)
		return 0;
	if (*gate == enclosing->self)
		*gate = descriptors_copy(*gate);
	pidfd = pidfd_of(pid_self());
	if (*gate < 0 || pidfd < 0 || descriptors_give(pidfd, enclosing->self) < 0)
		return fail(handing_hints, "cannot make descriptor %d a pidfd", enclosing->self);
	if (pidfd != enclosing->self)
		close(pidfd);
	return 0;
}

static _Noreturn void
be_inside(struct enclosing *enclosing, const struct supervise *outer, int gate)
{
	const struct clone_order *order = &enclosing->order;
	int status = tie(enclosing->death_signal, gate);

	close(outer->fd);
	if (!order->left_cgroup)
		enclosing->inside.cgroup = -1;
	if (!status)
		status = gate_pass(enclosing, order->flags, gate);
	if (!status)
		status = give_self(enclosing, &gate);
	/* Another user, or another root, has untied it. */
	if (!status)
		status = tie(enclosing->death_signal, gate);
	if (status) {
		gate_say(gate, GATE_FAILED, 0);
		child_end(status);
	}
	if (order->clears_signals)
		signals_clear();
	if (enclosing->init)
		child_end(be_init(enclosing, outer, gate));
	heed(&outer->mask);
	signals_inherit();
	gate_say(gate, GATE_RUNS, 0);
	sigprocmask(SIG_SETMASK, &outer->mask, NULL);
	status = exec_become(enclosing->command);
	fail(NULL, "cannot run '%s'", enclosing->command[0]);
	gate_say(gate, GATE_FAILED, 0);
	child_end(status);
}

/* ---- outside ---- */

struct outside {
	struct enclosing *enclosing;
	struct standing standing;
	bool is_next; /* the command is */
	bool runs;    /* it does */
};

static void
close_gate(struct standing *standing)
{
	file_close(standing->gate);
	standing->gate = -1;
}

/* The command runs: who is waiting for that is told. 0, or the status after a message. */
static int
tell(struct outside *outside)
{
	struct enclosing *enclosing = outside->enclosing;

	if (outside->runs)
		return 0;
	outside->runs = true;
	outside->standing.is_done = enclosing->detaches;
	return enclosing->runs ? enclosing->runs(outside->standing.supervise.pid) : 0;
}

/* Standing's hear: does what the process inside says. */
static int
hear(struct standing *standing, void *context)
{
	struct outside *outside = context;
	struct supervise *supervise = &standing->supervise;
	int signal = 0, status = 0;
	enum gate_word word = gate_hear(standing->gate, false, &signal);

	switch (word) {
	case GATE_MAP:
	case GATE_KEEP:
		if (!supervise->ended)
			status = gate_serve(outside->enclosing, word, standing->gate,
					    supervise->pid);
		break;
	case GATE_STOPPED:
		if (!supervise->ended)
			supervise_follow(supervise, signal);
		break;
	case GATE_FAILED:
		keeping_undo(&outside->enclosing->keeping);
		close_gate(standing);
		break;
	case GATE_RUNS:
		outside->is_next = true;
		if (outside->enclosing->init)
			status = tell(outside);
		break;
	case GATE_CLOSED:
	default:
		if (errno == EAGAIN)
			break;
		close_gate(standing);
		if (outside->is_next)
			status = tell(outside);
		else /* killed */
			keeping_undo(&outside->enclosing->keeping);
		break;
	}
	return status;
}

/* Why the process inside could not be made. */
static const struct hint *
why(const struct clone_order *order, int error)
{
	bool is_admin = capability_have(CAP_SYS_ADMIN);
	const struct hint *hint = namespace_why(order->flags, error);

	for (const struct hint *other = clone_hints; other->advice; other++)
		if (other->error == error)
			return clone_hints;
	/* Who may not make namespaces is refused these first. */
	if (error == EPERM && hint
	    && (is_admin || (order->flags && !(order->flags & namespace_user))))
		return hint;
	return order->pid_count ? clone_number_hints : hint;
}

static int
start(struct outside *outside)
{
	struct enclosing *enclosing = outside->enclosing;
	struct clone_order *order = &enclosing->order;
	int ends[2];
	pid_t pid;

	keeping_look(&enclosing->keeping);
	if (channel_open(ends) < 0)
		return fail(NULL, no_channel);
	outside->standing.gate = ends[0];
	order->is_in_cgroup = enclosing->inside.cgroup >= 0;
	order->cgroup = enclosing->inside.cgroup;
	/* What is not CHLD may not come to us at all. */
	order->pidfd = order->has_exit_signal ? &outside->standing.pidfd : NULL;
	/* The root of a cgroup namespace is the cgroup that its maker is in. */
	if (order->is_in_cgroup)
		order->flags &= ~namespace_cgroup;
	pid = clone_start(order);
	if (pid == 0) {
		close(ends[0]);
		be_inside(enclosing, &outside->standing.supervise, ends[1]);
	}
	file_close(ends[1]);
	if (pid < 0) {
		int error = errno;

		close_gate(&outside->standing);
		errno = error;
		return fail(why(order, error), "cannot start a process%s",
			    order->flags ? " in new namespaces" : "");
	}
	supervise_adopt(&outside->standing.supervise, pid);
	return 0;
}

int
enclosing_run(struct enclosing *enclosing)
{
	struct outside outside = {
		.enclosing = enclosing,
		.standing = { .supervise = { .argv = enclosing->command,
					     .elsewhere = enclosing->inside.new_session,
					     .kill_after = enclosing->kill_after },
			      .is_shielded =
				      enclosing->inside.flags & namespace_pid && !enclosing->init,
			      .gate = -1,
			      .hear = hear,
			      .context = &outside,
			      .pidfd = -1 },
	};
	int status = standing_open(&outside.standing);

	if (status)
		return status;
	status = start(&outside);
	if (!status) {
		status = standing_run(&outside.standing);
		if (status)
			keeping_undo(&enclosing->keeping);
	}
	file_close(outside.standing.gate);
	file_close(outside.standing.pidfd);
	return standing_end(&outside.standing, status);
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
	child = clone_fork();
	if (child < 0)
		return fail(pid_start_hints, no_process);
	*gate = ends[1];
	if (child) {
		close(ends[0]);
		child_wait(child);
		return 0;
	}
	child = clone_fork();
	if (child < 0)
		child_end(fail(pid_start_hints, no_process));
	if (child)
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
		|| (mapping_is_any(enclosing->mapping) && !mapping_is_own(enclosing->mapping));
	int gate = -1, status;

	keeping_look(&enclosing->keeping);
	status = is_served ? leave_outside(enclosing, &gate) : 0;

	signals_ignore(SIGPIPE);
	if (!status)
		status = gate_pass(enclosing, 0, gate);
	if (!status && enclosing->runs)
		status = enclosing->runs(pid_self());
	if (!status) {
		signals_restore(SIGPIPE);
		status = exec_become(enclosing->command);
		fail(NULL, "cannot run '%s'", enclosing->command[0]);
	}
	if (gate >= 0)
		gate_say(gate, GATE_FAILED, 0);
	return status;
}
