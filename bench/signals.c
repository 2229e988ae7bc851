/* SPDX-License-Identifier: MIT */
/*
 * What bench/signalfd-exec.sh measures with.
 *
 *	signals line ROUNDS COMMAND...
 *		COMMAND writes a line when it is ready, and one for each USR1 that it gets: from before the
 *		signal is sent until its line is read; median and 90 % in microseconds
 *	signals idle SECONDS COMMAND...
 *		COMMAND writes a line when it is ready: how often it wakes up in the time after that,
 *		and its memory, resident and what no other process could share, in KiB
 *	signals echo
 *		is such a COMMAND: below an init, without which it tells the least time there is
 */
#define _GNU_SOURCE
#include <err.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static void
read_line(int fd)
{
	char byte;

	do
		if (read(fd, &byte, 1) != 1)
			errx(1, "the command has ended");
	while (byte != '\n');
}

/* Starts COMMAND, and returns when it is ready. */
static pid_t
start(char **command, int *lines)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		err(1, "pipe");
	pid = fork();
	if (!pid) {
		dup2(ends[1], STDOUT_FILENO);
		execvp(command[0], command);
		err(127, "%s", command[0]);
	}
	close(ends[1]);
	*lines = ends[0];
	read_line(ends[0]);
	return pid;
}

static void
end(pid_t pid)
{
	/* What it has started ends with it, or at the end of its standard input. */
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static void
measure_lines(int rounds, char **command)
{
	double *times = calloc((size_t)rounds, sizeof(*times));
	int lines;
	pid_t pid = start(command, &lines);

	for (int i = 0; i < rounds; i++) {
		struct timespec pause = { 0, 1000000 };
		double from;

		nanosleep(&pause, NULL); /* it sleeps again by then */
		from = now();
		kill(pid, SIGUSR1);
		read_line(lines);
		times[i] = now() - from;
	}
	end(pid);
	qsort(times, (size_t)rounds, sizeof(*times), compare);
	printf("%.0f %.0f\n", times[rounds / 2], times[rounds * 9 / 10]);
	free(times);
}

/* The number behind KEY in a file of /proc/PID, or the sum of several such. */
static long
look(pid_t pid, const char *file, const char *key)
{
	char path[64], line[256];
	long sum = 0;
	FILE *in;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	in = fopen(path, "re");
	if (!in)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), in))
		if (!strncmp(line, key, strlen(key)) && strchr(line, ':'))
			sum += strtol(strchr(line, ':') + 1, NULL, 10);
	fclose(in);
	return sum;
}

static void
measure_idle(int seconds, char **command)
{
	struct timespec time = { seconds, 0 };
	int lines;
	pid_t pid = start(command, &lines);
	long before, after;

	usleep(100000); /* it has gone to sleep */
	before = look(pid, "status", "voluntary_ctxt_switches");
	nanosleep(&time, NULL);
	after = look(pid, "status", "voluntary_ctxt_switches");
	printf("%ld %ld %ld\n", after - before, look(pid, "status", "VmRSS"),
	       look(pid, "smaps_rollup", "Private_Dirty"));
	end(pid);
}

static int
echo(void)
{
	sigset_t set;
	int signal;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (;;) {
		if (write(STDOUT_FILENO, "\n", 1) != 1)
			return 1;
		sigwait(&set, &signal);
	}
}

int
main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "echo"))
		return echo();
	if (argc < 4)
		errx(1, "signals line|idle NUMBER COMMAND...");
	if (!strcmp(argv[1], "line"))
		measure_lines(atoi(argv[2]), argv + 3);
	else
		measure_idle(atoi(argv[2]), argv + 3);
	return 0;
}
