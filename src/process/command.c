/* SPDX-License-Identifier: MIT */
#include "process/command.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/pidfd.h"
#include "process/descriptors.h"
#include "process/signals.h"
#include "process/spawn.h"

static int
start(struct command *command, char *const *argv, int input, char *const *extra, bool apart)
{
	const struct spawn_fd standard = { input, STDIN_FILENO };
	const struct spawn spawn = { .argv = argv,
				     .extra = extra,
				     .handed = &standard,
				     .handed_count = input >= 0,
				     .apart = apart,
				     .death_signal = apart ? SIGKILL : 0 };
	enum spawn_step step;
	pid_t pid;
	int result;

	descriptors_keep();
	result = spawn_start(&spawn, &pid, &step);
	if (result)
		return result;
	*command = (struct command){ pid, pidfd_of(pid) };
	if (command->pidfd < 0) {
		signals_watch_children();
		raise(SIGCHLD); /* it may have ended before */
	}
	return 0;
}

int
command_start(struct command *command, char *const *argv, int input, char *const *extra)
{
	return start(command, argv, input, extra, false);
}

int
command_start_apart(struct command *command, char *const *argv, int input, char *const *extra)
{
	return start(command, argv, input, extra, true);
}

void
command_kill(const struct command *command)
{
	kill(-command->pid, SIGKILL);
}

static int
reap(struct command *command, int *status, int how)
{
	int result, word;

	do
		result = waitpid(command->pid, &word, how);
	while (result < 0 && errno == EINTR && how == WNOHANG);
	if (result == 0 || (result < 0 && errno == EINTR))
		return result;
	if (command->pidfd >= 0)
		close(command->pidfd);
	*command = (struct command){ .pidfd = -1 };
	if (result < 0)
		return -1;
	*status = WIFSIGNALED(word) ? 128 + WTERMSIG(word) : WEXITSTATUS(word);
	return 1;
}

int
command_reap(struct command *command, int *status)
{
	return reap(command, status, WNOHANG);
}

int
command_wait(struct command *command, int *status)
{
	return reap(command, status, 0);
}

void
command_reap_others(const struct command *command)
{
	enum { HOW = WEXITED | WNOHANG | __WALL };
	siginfo_t info = { .si_pid = 0 };

	while (waitid(P_ALL, 0, &info, HOW | WNOWAIT) == 0 && info.si_pid
	       && info.si_pid != command->pid)
		waitid(P_PID, (id_t)info.si_pid, &info, HOW);
}

int
command_signal(const struct command *command, int signal)
{
	/* Until it is waited for, its number is nobody else's. */
	if (command->pidfd >= 0 && pidfd_signal(command->pidfd, signal) == 0)
		return 0;
	return kill(command->pid, signal);
}
