/* SPDX-License-Identifier: MIT */
#include "process/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
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

/* In the child. What could not be done goes to REPORT, which is closed by a successful exec. */
static _Noreturn void
become(char *const *argv, int input, char **environment, int report)
{
	int error;

	if (input >= 0
	    && (dup3(input, STDIN_FILENO, O_CLOEXEC) < 0 || fcntl(STDIN_FILENO, F_SETFD, 0) < 0))
		goto failed;
	environ = environment;
	signals_inherit();
	execvp(argv[0], argv);
failed:
	error = errno;
	/* Without a word from here the parent takes the status below for the command's. */
	while (write(report, &error, sizeof(error)) < 0 && errno == EINTR)
		;
	_exit(exec_status(error));
}

/* The errno that the child reports; 0: it has become the command. */
static int
read_report(int fd)
{
	int error = 0;
	ssize_t size;

	do
		size = read(fd, &error, sizeof(error));
	while (size < 0 && errno == EINTR);
	return size == sizeof(error) ? error : 0;
}

static void
wait_for(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

/* A child that becomes the command; its number, or -1 with errno. */
static pid_t
split(char *const *argv, int input, char **environment, const int report[2])
{
	pid_t pid;
	int error;

	signals_hold();
	pid = fork();
	if (pid == 0)
		become(argv, input, environment, report[1]);
	error = errno;
	signals_release();
	errno = error;
	return pid;
}

int
command_start(struct command *command, char *const *argv, int input, char *const *extra)
{
	char **environment;
	int report[2], error;
	pid_t pid;

	if (pipe2(report, O_CLOEXEC) < 0)
		return -1;
	descriptors_keep();
	environment = extend(extra);
	pid = split(argv, input, environment, report);
	error = errno;
	free(environment);
	close(report[1]);
	if (pid > 0 && (error = read_report(report[0])))
		wait_for(pid);
	close(report[0]);
	if (pid < 0 || error) {
		errno = error;
		return pid < 0 ? -1 : exec_status(error);
	}
	*command = (struct command){ pid, pidfd_of(pid) };
	if (command->pidfd < 0) {
		signals_watch_children();
		raise(SIGCHLD); /* it may have ended before */
	}
	return 0;
}

int
command_reap(struct command *command, int *status)
{
	int result, word;

	do
		result = waitpid(command->pid, &word, WNOHANG);
	while (result < 0 && errno == EINTR);
	if (result == 0)
		return 0;
	if (command->pidfd >= 0)
		close(command->pidfd);
	*command = (struct command){ .pidfd = -1 };
	if (result < 0)
		return -1;
	*status = WIFSIGNALED(word) ? 128 + WTERMSIG(word) : WEXITSTATUS(word);
	return 1;
}

int
command_signal(const struct command *command, int signal)
{
	/* Until it is waited for, its number is nobody else's. */
	if (command->pidfd >= 0 && pidfd_signal(command->pidfd, signal) == 0)
		return 0;
	return kill(command->pid, signal);
}
