/* SPDX-License-Identifier: MIT */
#include "process/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/pid.h"
#include "kernel/reserved.h"

enum { SIGNALS = 65 }; /* the last one of Linux is 64 */

static const int endings[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

enum { ENDINGS = sizeof(endings) / sizeof(*endings) };

/* How this process was found, of the signals that it has changed. */
static struct sigaction found[SIGNALS];
static bool changed[SIGNALS];
static sigset_t mask;

/* Those of signals_block that were not blocked before. */
static sigset_t blocked;

/* Two ends of a pipe that handlers write to; -1: not watching. */
static int wake[2] = { -1, -1 };
static volatile sig_atomic_t ending, by_terminal;

static void
change(int signal, const struct sigaction *action)
{
	sigaction(signal, action, changed[signal] ? NULL : &found[signal]);
	changed[signal] = true;
}

void
signals_ignore(int signal)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN };

	change(signal, &ignore);
}

void
signals_ignore_endings(void)
{
	for (int i = 0; i < ENDINGS; i++)
		signals_ignore(endings[i]);
}

void
signals_restore(int signal)
{
	if (changed[signal])
		sigaction(signal, &found[signal], NULL);
	changed[signal] = false;
}

static void
handle(int signal, siginfo_t *info, void *context)
{
	int error = errno;

	(void)context;
	if (signal != SIGCHLD && !ending) {
		ending = signal;
		by_terminal = info->si_code == SI_KERNEL;
	}
	/* A full pipe is as good as one byte more. */
	if (write(wake[1], "", 1) < 0)
		errno = error;
	errno = error;
}

void
signals_let_wait(void)
{
	struct sigaction plain = { .sa_handler = SIG_DFL };

	change(SIGCHLD, &plain);
}

void
signals_let_go(void)
{
	struct sigaction plain = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT };

	change(SIGCHLD, &plain);
}

int
signals_watch(void)
{
	/* Who asks twice does not want to wait. */
	struct sigaction catch = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_RESETHAND };
	struct sigaction now;

	if (pipe2(wake, O_CLOEXEC | O_NONBLOCK) < 0)
		return -1;
	ending = 0;
	for (int i = 0; i < ENDINGS; i++)
		if (sigaction(endings[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			change(endings[i], &catch);
	signals_let_wait();
	return wake[0];
}

void
signals_watch_children(void)
{
	struct sigaction catch = { .sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_NOCLDSTOP };

	change(SIGCHLD, &catch);
}

void
signals_disown_children(void)
{
	struct sigaction plain = { .sa_handler = SIG_DFL, .sa_flags = SA_NOCLDWAIT };

	change(SIGCHLD, &plain);
	/* Those that have ended before. */
	while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
		;
}

void
signals_unwatch(void)
{
	signals_unwatch_endings();
	signals_restore(SIGCHLD);
}

void
signals_unwatch_endings(void)
{
	for (int i = 0; i < ENDINGS; i++)
		signals_restore(endings[i]);
	signals_let_wait();
	for (int i = 0; i < 2; i++) {
		if (wake[i] >= 0)
			close(wake[i]);
		wake[i] = -1;
	}
}

int
signals_ending(bool *shared)
{
	*shared = by_terminal;
	return ending;
}

void
signals_take(void)
{
	char bytes[64];

	while (read(wake[0], bytes, sizeof(bytes)) > 0)
		;
}

static int
end_by_default(int signal)
{
	struct sigaction plain = { .sa_handler = SIG_DFL };
	sigset_t set;

	sigaction(signal, &plain, NULL);
	sigemptyset(&set);
	sigaddset(&set, signal);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	raise(signal);
	return 128 + signal;
}

int
signals_end(void)
{
	return end_by_default(ending);
}

int
signals_end_by(int signal)
{
	prctl(PR_SET_DUMPABLE, 0);
	return end_by_default(signal);
}

static void
leave(int signal)
{
	_exit(128 + signal);
}

void
signals_end_init(void)
{
	struct sigaction end = { .sa_handler = leave }, now;

	if (pid_self() != 1)
		return;
	for (int i = 0; i < ENDINGS; i++)
		if (sigaction(endings[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL)
			change(endings[i], &end);
}

/* Others by which a process ends, unless it has made a mistake: those have a core. */
static const int other_endings[] = { SIGALRM, SIGPIPE,   SIGPROF, SIGIO,    SIGPWR,
				     SIGUSR2, SIGVTALRM, SIGXCPU, SIGSTKFLT };

static void (*undo_last)(void);

static void
undo_and_leave(int signal)
{
	undo_last();
	/* Its default action is in place again, and comes when the handler returns. */
	if (pid_self() == 1)
		_exit(128 + signal);
	raise(signal);
}

static void
end_by(int signal)
{
	struct sigaction end = { .sa_handler = undo_and_leave, .sa_flags = SA_RESETHAND }, now;

	if (sigaction(signal, NULL, &now) == 0 && now.sa_handler == SIG_DFL)
		change(signal, &end);
}

void
signals_end_with(void (*undo)(void))
{
	undo_last = undo;
	for (int i = 0; i < ENDINGS; i++)
		end_by(endings[i]);
	for (size_t i = 0; i < sizeof(other_endings) / sizeof(*other_endings); i++)
		end_by(other_endings[i]);
}

void
signals_hold(void)
{
	sigset_t all;

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &mask);
}

void
signals_release(void)
{
	sigprocmask(SIG_SETMASK, &mask, NULL);
}

void
signals_block(const sigset_t *set)
{
	sigset_t before;

	sigprocmask(SIG_BLOCK, set, &before);
	for (int signal = 1; signal < SIGNALS; signal++)
		if (sigismember(set, signal) == 1 && sigismember(&before, signal) == 0)
			sigaddset(&blocked, signal);
}

/* In the child, and after signals_hold: unlike release, which is the parent's. */
static void
unmask(void)
{
	sigset_t set = mask;

	for (int signal = 1; signal < SIGNALS; signal++)
		if (sigismember(&blocked, signal) == 1)
			sigdelset(&set, signal);
	sigprocmask(SIG_SETMASK, &set, NULL);
}

static void
set_as_found(void)
{
	for (int signal = 1; signal < SIGNALS; signal++)
		if (changed[signal])
			sigaction(signal, &found[signal], NULL);
}

void
signals_inherit(void)
{
	set_as_found();
	unmask();
}

void
signals_clear(void)
{
	for (int signal = 1; signal < NSIG; signal++) {
		struct sigaction action = { .sa_handler = SIG_DFL };

		sigaction(signal, &action, NULL);
		changed[signal] = false;
	}
	reserved_let();
}

void
signals_inherit_without_endings(void)
{
	set_as_found();
	signals_ignore_endings();
	unmask();
}
