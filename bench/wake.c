/* SPDX-License-Identifier: MIT */
/*
 *	wake eventfd|pipe TIMES COMMAND...
 *		how long it takes from adding to an eventfd, descriptor 3 of COMMAND, or writing a line to
 *		its standard input, to the first byte on its standard output; medians of TIMES times and of
 *		their 99 of 100, microseconds
 *	wake bare
 *		a command for that: reads the eventfd and writes a line, no more
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1e6 + time.tv_nsec / 1e3;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static int
bare(void)
{
	uint64_t value;

	while (read(3, &value, sizeof(value)) == sizeof(value))
		if (write(STDOUT_FILENO, "1\n", 2) < 0)
			return 1;
	return 0;
}

static pid_t
start(char **command, int in, int out, int counter)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	if (in != STDIN_FILENO)
		dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	if (counter == 3)
		fcntl(3, F_SETFD, 0);
	else
		dup2(counter, 3);
	execvp(command[0], command);
	_exit(127);
}

int
main(int argc, char **argv)
{
	int counter, in[2], out[2], is_pipe, times;
	double *took;
	pid_t pid;

	if (argc == 2 && !strcmp(argv[1], "bare"))
		return bare();
	if (argc < 4)
		return 1;
	is_pipe = !strcmp(argv[1], "pipe");
	times = (int)strtol(argv[2], NULL, 10);
	took = calloc((size_t)times, sizeof(*took));
	counter = eventfd(0, EFD_CLOEXEC);
	if (!took || counter < 0 || pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		return 1;
	pid = start(argv + 3, in[0], out[1], counter);
	close(out[1]);
	/* The first one is for its start. */
	for (int i = -1; i < times; i++) {
		const struct timespec pause = { .tv_nsec = 1000000 };
		uint64_t one = 1;
		char bytes[64];
		double begun;

		nanosleep(&pause, NULL);
		begun = now();
		if (is_pipe ? write(in[1], "1\n", 2) != 2
			    : write(counter, &one, sizeof(one)) != sizeof(one))
			return 1;
		if (read(out[0], bytes, sizeof(bytes)) <= 0)
			return 1;
		if (i >= 0)
			took[i] = now() - begun;
	}
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	qsort(took, (size_t)times, sizeof(*took), compare);
	printf("%.1f\t%.1f\n", took[times / 2], took[times * 99 / 100]);
	return 0;
}
