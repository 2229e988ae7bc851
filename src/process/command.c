/* SPDX-License-Identifier: MIT */
#include "process/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/pidfd.h"
#include "memory.h"
#include "process/descriptors.h"
#include "process/signals.h"

static bool
is_replaced(const char *entry, char *const *extra)
{
	for (; *extra; extra++) {
		size_t length = strcspn(*extra, "=") + 1;

		if (!strncmp(entry, *extra, length))
			return true;
	}
	return false;
}

/* The environment with EXTRA; free(3) it. */
static char **
extend(char *const *extra)
{
	size_t count = 0, added = 0, kept = 0;
	char **all;

	while (environ && environ[count])
		count++;
	while (extra[added])
		added++;
	all = memory_get((count + added + 1) * sizeof(*all));
	for (size_t i = 0; i < count; i++)
		if (!is_replaced(environ[i], extra))
			all[kept++] = environ[i];
	memcpy(all + kept, extra, added * sizeof(*all));
	return all;
}

/*
 * In the child, which works in the memory of this process until it is another program: it may
 * change nothing there but ERROR.
 */
static _Noreturn void
become(char *const *argv, int input, char **environment, bool apart, volatile int *error)
{
	if ((!apart || (setpgid(0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0))
	    && (input < 0
		|| (dup3(input, STDIN_FILENO, O_CLOEXEC) >= 0
		    && fcntl(STDIN_FILENO, F_SETFD, 0) == 0))) {
		signals_inherit();
		execvpe(argv[0], argv, environment);
	}
	*error = errno;
	_exit(exec_status(*error));
}

static void
wait_for(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/*
 * A child that becomes the command; its number, or -1 with errno. *ERROR is why it has not become
 * it, or 0.
 *
 * fork(2) would copy the page tables of a process that watches a large tree, for each command.
 * vfork(2) copies nothing, and returns when the child has become the command or has ended. No
 * handler of this process runs in the child: signals wait until none is left there.
 */
static pid_t
split(char *const *argv, int input, char **environment, bool apart, volatile int *error)
{
	pid_t pid;
	int reason;

	signals_hold();
	pid = vfork();
	if (pid == 0) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Vfork): it calls the kernel, and sets *error */
		become(argv, input, environment, apart, error);
	}
	reason = errno;
	signals_release();
	errno = reason;
	return pid;
}

static int
start(struct command *command, char *const *argv, int input, char *const *extra, bool apart)
{
	char **environment = extend(extra);
	volatile int error = 0;
	pid_t pid;
	int reason;

	descriptors_keep();
	pid = split(argv, input, environment, apart, &error);
	reason = errno;
	free(environment);
	if (pid < 0) {
		errno = reason;
		return -1;
	}
	if (error) {
		wait_for(pid);
		errno = error;
		return exec_status(error);
	}
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

int
command_signal(const struct command *command, int signal)
{
	/* Until it is waited for, its number is nobody else's. */
	if (command->pidfd >= 0 && pidfd_signal(command->pidfd, signal) == 0)
		return 0;
	return kill(command->pid, signal);
}
