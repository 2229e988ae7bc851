/* SPDX-License-Identifier: MIT */
#include "process/aside.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/pid.h"
#include "process/descriptors.h"
#include "process/signals.h"

void *
aside_share(size_t size)
{
	void *shared = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return shared == MAP_FAILED ? NULL : shared;
}

/* What others wait to see closed is closed here. */
static void
let_go(const int *kept, size_t count)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = STDIN_FILENO; fd <= STDOUT_FILENO; fd++)
		if (dup3(null, fd, O_CLOEXEC) < 0)
			close(fd);
	descriptors_close_but(kept, count);
}

/* The second of two: its parent is the first, which ends at once. */
static pid_t
start_second(pid_t *number, const int *kept, size_t count)
{
	pid_t pid;

	/*
	 * From before the command runs: else it could trace it as the same user, and act through it
	 * unfiltered.
	 */
	prctl(PR_SET_DUMPABLE, 0);
	pid = fork();
	if (pid > 0)
		*number = pid;
	if (pid)
		_exit(pid < 0 ? errno : 0);
	setsid();
	signals_ignore_endings();
	let_go(kept, count);
	return 0;
}

pid_t
aside_start(const int *kept, size_t count)
{
	pid_t *number = aside_share(sizeof(*number)), first, pid;
	int status = 0;

	if (!number)
		return -1;
	first = fork();
	if (!first)
		return start_second(number, kept, count);
	while (first > 0 && waitpid(first, &status, 0) < 0 && errno == EINTR)
		;
	pid = first < 0 ? -1 : *number;
	munmap(number, sizeof(*number));
	if (pid > 0)
		return pid;
	if (first > 0)
		errno = WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) : EAGAIN;
	return -1;
}
