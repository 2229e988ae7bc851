/* SPDX-License-Identifier: MIT */
/*
 * How long after the end of a process those that wait for it say so.
 *
 *	pidfd ROUNDS COMMAND + COMMAND ...
 *
 * `@` in a word is the number of a process that waits and then ends; a command without it starts that itself, as its
 * child, which is to end when it can read from descriptor 8. Each round all of them come in turn. Measured is from
 * the moment that the process is told to end to the first byte, or the end, of the command's output.
 *
 * For each command a line: the medians, the ninth of ten, in microseconds; the median of the rounds' ratios to the first
 * command; its peak memory (kB); "-" where it fails.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum {
	MOST_COMMANDS = 16,
	MOST_ROUNDS = 10000,
	MOST_WORDS = 32,
	TRIGGER = 8,
	SETTLED = 5,
	HANGING = 2000
};

static char **commands[MOST_COMMANDS];
static double times[MOST_COMMANDS][MOST_ROUNDS], ratios[MOST_ROUNDS];
static long memory[MOST_COMMANDS];
static bool failed[MOST_COMMANDS];

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* A process that ends when it can read from FD, in a group of its own: pidwait finds it by that. */
static pid_t
start_target(int fd)
{
	pid_t pid = fork();
	char byte;

	if (pid == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0)
		_exit(read(fd, &byte, 1) == 1 ? 7 : 1);
	if (pid > 0)
		setpgid(pid, pid);
	return pid;
}

/* COMMAND with TARGET for `@`, its output to OUT. */
static pid_t
start(char **command, pid_t target, int out)
{
	char *words[MOST_WORDS + 1] = { NULL }, number[16];
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int error;

	snprintf(number, sizeof(number), "%d", (int)target);
	for (int i = 0; command[i] && i < MOST_WORDS; i++)
		words[i] = strcmp(command[i], "@") ? command[i] : number;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	error = posix_spawnp(&pid, words[0], &actions, NULL, words, environ);
	posix_spawn_file_actions_destroy(&actions);
	return error ? -1 : pid;
}

/* Its state, as proc(5) has it; 0: it is not there. */
static char
state(pid_t pid)
{
	char path[64], text[512] = "";
	const char *at = NULL;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, text, sizeof(text) - 1) > 0)
		at = strrchr(text, ')');
	close(fd);
	return at ? at[2] : 0;
}

/* Until PID has slept for some milliseconds: it waits then. false: it has ended, or works on and on. */
static bool
settle(pid_t pid)
{
	for (int asleep = 0, looked = 0; asleep < SETTLED; usleep(2000)) {
		char now = state(pid);

		if (!now || now == 'Z' || ++looked > HANGING)
			return false;
		asleep = now == 'S' ? asleep + 1 : 0;
	}
	return true;
}

/* The number of the trigger is no pipe's. */
static void
occupy(void)
{
	int nowhere = open("/dev/null", O_RDONLY | O_CLOEXEC);

	dup3(nowhere, TRIGGER, O_CLOEXEC);
	if (nowhere != TRIGGER)
		close(nowhere);
}

static bool
measure(int which, double *time)
{
	int trigger[2], out[2], status;
	bool is_own = true;
	struct rusage usage;
	pid_t target = 0, pid;
	double begun;
	char byte;

	for (char **word = commands[which]; *word; word++)
		is_own &= strcmp(*word, "@") != 0;
	if (pipe2(trigger, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0)
		return false;
	if (is_own)
		dup2(trigger[0], TRIGGER);
	else
		target = start_target(trigger[0]);
	pid = start(commands[which], target, out[1]);
	occupy();
	close(out[1]);
	close(trigger[0]);
	if (pid < 0 || !settle(pid)) {
		if (pid > 0)
			kill(pid, SIGKILL);
		if (target)
			kill(target, SIGKILL);
		while (waitpid(-1, &status, 0) > 0)
			;
		return false;
	}
	begun = now();
	if (write(trigger[1], "x\n", 2) != 2)
		return false;
	if (target)
		waitpid(target, &status, 0);
	if (read(out[0], &byte, 1) < 0)
		return false;
	*time = now() - begun;
	close(out[0]);
	close(trigger[1]);
	wait4(pid, &status, 0, &usage);
	memory[which] = usage.ru_maxrss;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static double
part(const double *of_rounds, int rounds, double share)
{
	double sorted[MOST_ROUNDS];

	memcpy(sorted, of_rounds, (size_t)rounds * sizeof(*sorted));
	qsort(sorted, (size_t)rounds, sizeof(*sorted), compare);
	return sorted[(int)((rounds - 1) * share)];
}

int
main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[1]) : 0, count = 0;

	if (rounds < 1 || rounds > MOST_ROUNDS)
		return 2;
	signal(SIGPIPE, SIG_IGN);
	occupy();
	commands[count++] = &argv[2];
	for (char **word = &argv[2]; *word && count < MOST_COMMANDS; word++)
		if (!strcmp(*word, "+")) {
			*word = NULL;
			commands[count++] = word + 1;
		}
	for (int round = 0; round < rounds; round++)
		for (int i = 0; i < count; i++)
			if (!failed[i] && !measure(i, &times[i][round]))
				failed[i] = true;
	for (int i = 0; i < count; i++) {
		if (failed[i]) {
			puts("- - - -");
			continue;
		}
		for (int round = 0; round < rounds; round++)
			ratios[round] = times[i][round] / times[0][round];
		printf("%.0f %.0f %.3f %ld\n", part(times[i], rounds, 0.5),
		       part(times[i], rounds, 0.9), part(ratios, rounds, 0.5), memory[i]);
	}
	return 0;
}
