/* SPDX-License-Identifier: MIT */
#include "process/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli/num.h"
#include "cli/signal.h"
#include "kernel/kin.h"
#include "kernel/pid.h"
#include "kernel/pidfd.h"
#include "kernel/timerfd.h"
#include "process/signals.h"

/* How many signals are looked at before the caller has his turn. */
enum { BATCH = 64 };

/* ---- what is received ---- */

static bool
is_wanted(const struct supervise *supervise, int signal)
{
	return supervise->wanted && sigismember(supervise->wanted, signal) == 1;
}

static bool
is_received(const struct supervise *supervise, int signal)
{
	struct sigaction now;

	if (supervise->left_out && sigismember(supervise->left_out, signal) == 1)
		return false;
	if (signal_is_own_fault(signal))
		return false;
	if (signal == SIGCHLD || is_wanted(supervise, signal))
		return true;
	return signal != SIGPIPE && signal != SIGXFSZ && sigaction(signal, NULL, &now) == 0
	       && now.sa_handler != SIG_IGN;
}

static void
choose_received(const struct supervise *supervise, sigset_t *received)
{
	sigemptyset(received);
	for (int signal = 1; signal < NSIG; signal++)
		if (is_received(supervise, signal))
			sigaddset(received, signal);
}

/* The controlling terminal; -1: there is none. */
static int
open_terminal(void)
{
	int terminal = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);

	/* There may be no /dev. */
	for (int fd = STDIN_FILENO; terminal < 0 && fd <= STDERR_FILENO; fd++)
		if (tcgetpgrp(fd) >= 0)
			terminal = fd;
	return terminal;
}

static void
close_terminal(struct supervise *supervise)
{
	if (supervise->terminal > STDERR_FILENO)
		close(supervise->terminal);
	supervise->terminal = -1;
}

int
supervise_open(struct supervise *supervise)
{
	sigset_t received;

	choose_received(supervise, &received);
	supervise->kill_at = NUM_FOREVER;
	supervise->terminal = -1;
	supervise->fd = signalfd_open(&received, &supervise->mask);
	if (supervise->fd < 0)
		return -1;
	if (supervise->left_out)
		sigprocmask(SIG_BLOCK, supervise->left_out, NULL);
	signals_let_wait();
	signals_ignore(SIGPIPE);
	signals_ignore(SIGXFSZ);
	if (supervise->is_job)
		supervise->terminal = open_terminal();
	if (pid_self() == 1)
		supervise->reaper = true;
	else if (supervise->reaper && kin_adopt() < 0)
		supervise->refused = errno;
	return 0;
}

void
supervise_take_over(struct supervise *supervise)
{
	sigset_t received;

	supervise->left_out = NULL;
	choose_received(supervise, &received);
	signalfd_change(supervise->fd, &received);
}

int
supervise_start(struct supervise *supervise)
{
	const struct spawn spawn = { .argv = supervise->argv,
				     .extra = supervise->extra,
				     .handed = supervise->handed,
				     .handed_count = supervise->handed_count,
				     .apart = supervise->apart,
				     .has_terminal = supervise->terminal >= 0,
				     .terminal = supervise->terminal,
				     .death_signal = supervise->death_signal,
				     .mask = &supervise->mask,
				     .channel = supervise->channel,
				     .word = supervise->word };

	return spawn_start(&spawn, &supervise->pid, &supervise->step);
}

void
supervise_adopt(struct supervise *supervise, pid_t pid)
{
	supervise->pid = pid;
}

int
supervise_signal(const struct supervise *supervise, int signal)
{
	if (!supervise->pid || supervise->ended) {
		errno = ESRCH;
		return -1;
	}
	/* Until it is waited for, its number is nobody else's. */
	return kill(supervise->apart ? -supervise->pid : supervise->pid, signal);
}

/* ---- the terminal, and stopping ---- */

/* The group FROM lets the group TO have the terminal, if it has it. */
static void
pass_terminal(const struct supervise *supervise, pid_t from, pid_t to)
{
	if (supervise->terminal >= 0 && tcgetpgrp(supervise->terminal) == from)
		tcsetpgrp(supervise->terminal, to);
}

/* Stops this process by SIGNAL, which is blocked. False: that has no effect here. */
static bool
stop_self(int signal)
{
	sigset_t set, before;

	kill(pid_self(), signal);
	if (signal != SIGSTOP) {
		sigemptyset(&set);
		sigaddset(&set, signal);
		/* One that the terminal has sent is the same one; here it stops. */
		sigprocmask(SIG_UNBLOCK, &set, &before);
		sigprocmask(SIG_SETMASK, &before, NULL);
	}
	/* What has continued us waits to be read. */
	return sigpending(&set) == 0 && sigismember(&set, SIGCONT) == 1;
}

/* The command has been stopped by SIGNAL: so is this process, where that is what was meant. */
static void
follow(struct supervise *supervise, int signal)
{
	bool is_terminals = signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU;

	if (!is_terminals && !(signal == SIGSTOP && supervise->terminal >= 0))
		return;
	if (supervise->stopped) {
		supervise->stopped(signal, supervise->context);
		return;
	}
	pass_terminal(supervise, supervise->pid, getpgrp());
	if (stop_self(signal)) {
		supervise->has_followed = true;
	} else if (signal == SIGTSTP) {
		/* Nobody could continue us, and so it: the kernel lets none of an orphaned group stop. */
		pass_terminal(supervise, getpgrp(), supervise->pid);
		supervise_signal(supervise, SIGCONT);
	}
}

void
supervise_follow(struct supervise *supervise, int signal)
{
	if (!stop_self(signal))
		supervise_signal(supervise, SIGCONT);
}

/* ---- children ---- */

static void
end(struct supervise *supervise, const siginfo_t *info)
{
	supervise->ended = true;
	supervise->signal = info->si_code == CLD_EXITED ? 0 : info->si_status;
	supervise->status = info->si_status + (supervise->signal ? 128 : 0);
	pass_terminal(supervise, supervise->pid, getpgrp());
}

/* Takes what has become of the command. */
static void
look_at_command(struct supervise *supervise)
{
	while (supervise->pid && !supervise->ended) {
		siginfo_t info = { .si_pid = 0 };

		if (waitid(P_PID, (id_t)supervise->pid, &info,
			   WEXITED | WSTOPPED | WCONTINUED | WNOHANG | __WALL)
			    < 0
		    || !info.si_pid)
			return;
		supervise->is_stopped = info.si_code == CLD_STOPPED;
		if (supervise->is_stopped)
			follow(supervise, info.si_status);
		else if (info.si_code != CLD_CONTINUED)
			end(supervise, &info);
	}
}

/* Reaps those that were left to us, and others that are nobody's. */
static void
reap_others(struct supervise *supervise)
{
	enum { HOW = WEXITED | WNOHANG | __WALL };

	while (supervise->reaper) {
		siginfo_t info = { .si_pid = 0 };

		if (waitid(P_ALL, 0, &info, HOW | WNOWAIT) < 0 || !info.si_pid)
			return;
		if (info.si_pid == supervise->pid && !supervise->ended) {
			look_at_command(supervise);
		} else if (supervise->is_kept
			   && supervise->is_kept(info.si_pid, supervise->context)) {
			/* It hides those behind it; nobody tells of them when it is gone. */
			supervise->leftover = true;
			return;
		} else {
			waitid(P_PID, (id_t)info.si_pid, &info, HOW);
		}
	}
}

static void
reap(struct supervise *supervise)
{
	supervise->leftover = false;
	look_at_command(supervise);
	reap_others(supervise);
}

/* ---- signals ---- */

/* Whether the terminal has sent it, and so to all of our group. */
static bool
is_shared(const struct supervise *supervise, const struct signalfd_record *record)
{
	if (supervise->apart || supervise->elsewhere || record->code != SI_KERNEL)
		return false;
	switch (record->signal) {
	case SIGHUP: /* the end of a terminal is told to the leader of its session alone */
		return getsid(0) != pid_self();
	case SIGINT:
	case SIGQUIT:
	case SIGTSTP:
	case SIGTTIN:
	case SIGTTOU:
	case SIGWINCH:
		return true;
	default:
		return false;
	}
}

/* Somebody has continued us, or what he takes for the command. */
static void
go_on(struct supervise *supervise)
{
	bool has_followed = supervise->has_followed;

	look_at_command(supervise);
	supervise->has_followed = false;
	pass_terminal(supervise, getpgrp(), supervise->pid);
	/* A shell that continues a job continues all of our group. */
	if (supervise->apart || supervise->is_stopped || !has_followed)
		supervise_signal(supervise, SIGCONT);
}

static bool
asks_to_end(int signal)
{
	return signal == SIGINT || signal == SIGQUIT || signal == SIGTERM;
}

static void
start_clock(struct supervise *supervise)
{
	if (!supervise->kill_after || supervise->killed || supervise->kill_at != NUM_FOREVER)
		return;
	supervise->kill_at = timerfd_in(supervise->kill_after);
}

/* SIGNAL goes on for RECORD, with its value. Where that cannot go along it is the signal that matters. */
static void
pass_on(const struct supervise *supervise, int signal, const struct signalfd_record *record)
{
	bool runs = supervise->pid && !supervise->ended;

	if (!runs || !record->has_value
	    || pidfd_queue(supervise->pid, signal, record->whole, supervise->apart) < 0)
		supervise_signal(supervise, signal);
}

static void
receive(struct supervise *supervise, const struct signalfd_record *record)
{
	bool is_theirs = is_shared(supervise, record), is_done = is_theirs;
	int signal = record->signal;

	/* write(2) has told us already. */
	if (signal == SIGPIPE && record->pid == pid_self())
		return;
	if (signal == SIGCHLD || signal == SIGCONT) {
		is_done = true;
		if (signal == SIGCHLD)
			reap(supervise);
		else
			go_on(supervise);
		if (!is_wanted(supervise, signal))
			return;
	}
	if (supervise->take)
		signal = supervise->take(record, is_theirs, supervise->context);
	if (signal >= 0 && (asks_to_end(signal) || asks_to_end(record->signal)))
		start_clock(supervise);
	if (signal > 0 && !(is_done && signal == record->signal))
		pass_on(supervise, signal, record);
}

int
supervise_step(struct supervise *supervise)
{
	struct signalfd_record record;
	int result = 1;

	for (int i = 0; i < BATCH && result > 0; i++) {
		result = signalfd_read(supervise->fd, &record);
		if (result > 0)
			receive(supervise, &record);
	}
	if (result < 0)
		return -1;
	if (supervise->leftover)
		reap(supervise);
	if (supervise->kill_at != NUM_FOREVER && !supervise->ended
	    && timerfd_now(CLOCK_MONOTONIC) >= supervise->kill_at) {
		supervise->kill_at = NUM_FOREVER;
		supervise->killed = true;
		supervise_signal(supervise, SIGKILL);
	}
	return supervise->ended;
}

int64_t
supervise_deadline(const struct supervise *supervise)
{
	return supervise->kill_at;
}

int
supervise_run(struct supervise *supervise, int64_t deadline)
{
	struct pollfd poll = { .fd = supervise->fd, .events = POLLIN };

	for (;;) {
		int result = supervise_step(supervise);
		struct timespec space;
		int64_t due;

		if (result)
			return result;
		if (timerfd_now(CLOCK_MONOTONIC) >= deadline)
			return 0;
		due = supervise_deadline(supervise);
		due = due < deadline ? due : deadline;
		if (ppoll(&poll, 1, timerfd_until(due, &space), NULL) < 0 && errno != EINTR)
			return -1;
	}
}

void
supervise_close(struct supervise *supervise)
{
	if (supervise->fd < 0)
		return;
	close_terminal(supervise);
	close(supervise->fd);
	supervise->fd = -1;
	signals_restore(SIGPIPE);
	signals_restore(SIGXFSZ);
	sigprocmask(SIG_SETMASK, &supervise->mask, NULL);
}
