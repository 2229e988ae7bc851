/* SPDX-License-Identifier: MIT */
#include "process/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/pid.h"
#include "memory.h"
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

/* ---- descriptors: one may have the number that another one is to get ---- */

static void
close_copies(struct spawn_fd *copies, size_t count)
{
	int error = errno;

	for (size_t i = 0; i < count; i++)
		close(copies[i].fd);
	free(copies);
	errno = error;
}

/* Others of the same, above all the numbers that are to be had; NULL with errno EBADF, EMFILE. */
static struct spawn_fd *
copy(const struct spawn *spawn)
{
	struct spawn_fd *copies = memory_get((spawn->handed_count + 1) * sizeof(*copies));
	int above = STDERR_FILENO + 1;

	for (size_t i = 0; i < spawn->handed_count; i++)
		if (spawn->handed[i].to >= above)
			above = spawn->handed[i].to + 1;
	for (size_t i = 0; i < spawn->handed_count; i++) {
		copies[i].to = spawn->handed[i].to;
		copies[i].fd = fcntl(spawn->handed[i].fd, F_DUPFD_CLOEXEC, above);
		if (copies[i].fd < 0) {
			/* That number is beyond the limit. */
			errno = errno == EINVAL ? EMFILE : errno;
			close_copies(copies, i);
			return NULL;
		}
	}
	return copies;
}

/* ---- the child ---- */

/*
 * It works in the memory of this process until it is another program, and may change nothing there but what
 * it has to tell: nothing here writes to memory that is not its own stack.
 */

static int
place_group(const struct spawn *spawn)
{
	return spawn->apart ? setpgid(0, 0) : 0;
}

/* The parent is in GROUP. */
static int
place_terminal(const struct spawn *spawn, pid_t group)
{
	/* Its signals are held: it does not stop for asking from the background. */
	if (spawn->has_terminal && tcgetpgrp(spawn->terminal) == group)
		return tcsetpgrp(spawn->terminal, pid_self());
	return 0;
}

static int
place_descriptors(const struct spawn_fd *copies, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (dup3(copies[i].fd, copies[i].to, O_CLOEXEC) < 0
		    || fcntl(copies[i].to, F_SETFD, 0) < 0)
			return -1;
	return 0;
}

/* Where nobody is there to be told that is no reason not to go on. */
static void
tell(const struct spawn *spawn)
{
	ssize_t size;

	if (!spawn->word)
		return;
	do
		size = write(spawn->channel, &spawn->word, 1);
	while (size < 0 && errno == EINTR);
}

/* The parent may have ended before; then it does what the signal would. */
static int
tie(int signal, pid_t parent)
{
	if (!signal)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, signal) < 0)
		return -1;
	return pid_parent() == parent ? 0 : kill(pid_self(), signal);
}

/* What the child has to tell: at which step it has failed, and why; 0: it has not. */
struct failure {
	enum spawn_step step;
	int error;
};

static _Noreturn void
give_up(volatile struct failure *failure, enum spawn_step step)
{
	failure->step = step;
	failure->error = errno;
	_exit(EXEC_FAILED);
}

static _Noreturn void
become(const struct spawn *spawn, const struct spawn_fd *copies, char **environment, pid_t parent,
       volatile struct failure *failure)
{
	tell(spawn);
	if (place_group(spawn) < 0)
		give_up(failure, SPAWN_GROUP);
	if (place_terminal(spawn, getpgid(parent)) < 0)
		give_up(failure, SPAWN_TERMINAL);
	if (tie(spawn->death_signal, parent) < 0)
		give_up(failure, SPAWN_DEATH_SIGNAL);
	if (place_descriptors(copies, spawn->handed_count) < 0)
		give_up(failure, SPAWN_DESCRIPTORS);
	signals_inherit();
	if (spawn->mask)
		sigprocmask(SIG_SETMASK, spawn->mask, NULL);
	execvpe(spawn->argv[0], spawn->argv, environment);
	give_up(failure, SPAWN_EXEC);
}

/*
 * A child that becomes the command; its number, or -1 with errno. *FAILURE is why it has not become
 * it.
 *
 * fork(2) would copy the page tables of a process that watches a large tree, for each command.
 * vfork(2) copies nothing, and returns when the child has become the command or has ended. No
 * handler of this process runs in the child: signals wait until none is left there.
 */
static pid_t
split(const struct spawn *spawn, const struct spawn_fd *copies, char **environment,
      volatile struct failure *failure)
{
	pid_t self = pid_self(), pid;
	int reason;

	signals_hold();
	pid = vfork();
	if (pid == 0) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Vfork): it calls the kernel, and sets *failure */
		become(spawn, copies, environment, self, failure);
	}
	reason = errno;
	signals_release();
	errno = reason;
	return pid;
}

static void
wait_for(pid_t pid)
{
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int
spawn_start(const struct spawn *spawn, pid_t *pid, enum spawn_step *step)
{
	struct spawn_fd *copies = copy(spawn);
	char **environment = environ;
	volatile struct failure failure = { .error = 0 };
	int reason;

	*step = SPAWN_PROCESS;
	if (!copies)
		return -1;
	if (spawn->extra)
		environment = extend(spawn->extra);
	*pid = split(spawn, copies, environment, &failure);
	reason = errno;
	if (spawn->extra)
		free(environment);
	close_copies(copies, spawn->handed_count);
	if (*pid < 0) {
		errno = reason;
		return -1;
	}
	if (!failure.error)
		return 0;
	wait_for(*pid);
	*pid = 0;
	*step = failure.step;
	errno = failure.error;
	return *step == SPAWN_EXEC ? exec_status(errno) : -1;
}
