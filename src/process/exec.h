/* SPDX-License-Identifier: MIT */
/* Becoming a command. */
#ifndef BUTTER_EXEC_H
#define BUTTER_EXEC_H

enum {
	EXEC_FAILED = 125, /* this process failed before the command */
	EXEC_CANNOT_RUN = 126,
	EXEC_NOT_FOUND = 127,
};

/* The status to end with when execvp(3) has failed with ERROR. */
int exec_status(int error);

/*
 * Replaces this process by COMMAND, found through PATH; execvp(3). Descriptors
 * that were closed at start are closed in it. Returns only when that fails: prints
 * nothing, errno is set, and the result is the status to end with.
 */
int exec_become(char **command);

/*
 * The same by the file PATH alone: nothing is looked up, and what is neither a script nor a program is
 * not given to a shell; execv(3).
 */
int exec_become_file(const char *path, char **command);

/* The same by the open file FD, for which no /proc is needed; execveat(2). */
int exec_become_open(int fd, char **command);

#endif
