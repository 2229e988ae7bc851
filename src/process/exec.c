/* SPDX-License-Identifier: MIT */
#include "process/exec.h"

#include <errno.h>
#include <unistd.h>

int
exec_status(int error)
{
	return error == ENOENT ? EXEC_NOT_FOUND : EXEC_CANNOT_RUN;
}

int
exec_become(char **command)
{
	/* Those are close-on-exec: a failed exec still finds standard error occupied. */
	execvp(command[0], command);
	return exec_status(errno);
}

int
exec_become_file(const char *path, char **command)
{
	execv(path, command);
	return exec_status(errno);
}

int
exec_become_open(int fd, char **command)
{
	fexecve(fd, command, environ);
	return exec_status(errno);
}
