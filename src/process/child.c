/* SPDX-License-Identifier: MIT */
#include "process/child.h"

#include <errno.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kernel/pid.h"

pid_t
child_start(void)
{
	pid_t parent = pid_self(), pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (pid_parent() != parent)
		_exit(1); /* it has ended before */
	return 0;
}

_Noreturn void
child_end(int status)
{
	_exit(status);
}

int
child_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
