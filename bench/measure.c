/* SPDX-License-Identifier: MIT */
/*
 * What the scripts beside it measure with: commands in turns, round after round, so that
 * whatever else the machine does meets all of them alike.
 *
 *	measure run ROUNDS LESS COMMAND + COMMAND ...
 *		from spawn to reap, LESS microseconds (what was asked for) taken off; microseconds
 *	measure ready ROUNDS COMMAND + COMMAND ...
 *		from spawn to "Watches established." on standard error; milliseconds
 *	measure events ROUNDS FILES AHEAD DIR COMMAND + COMMAND ...
 *		one creates, renames and deletes FILES files in DIR, EVENTS_OF_A_FILE events each,
 *		as fast as it can, or at most AHEAD (not 0) events before what the watcher has
 *		written; milliseconds
 *	measure count COMMAND + COMMAND ...
 *		instructions and system calls of each, counted by ptrace(2)
 *	measure tree DIR FOLDERS FILES
 *		makes FOLDERS folders, ten in each, with FILES files in each
 *
 * For each command a line: medians of time, peak memory (kB), CPU time and events, then each of
 * them divided by the first command's (the median of the rounds' ratios); "-" where it fails.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { MOST_COMMANDS = 16, MOST_ROUNDS = 10000, EVENTS_OF_A_FILE = 6, QUIET = 2000 /* ms */ };

/* What one round of one command gave: of these a line shows the medians. */
enum { TIME, MEMORY, CPU, COUNT, VALUES };

static char **commands[MOST_COMMANDS];
static double *values[MOST_COMMANDS][VALUES];
static int count, rounds, done[MOST_COMMANDS]; /* done: rounds; -1: it has failed */
static double less;                            /* seconds */

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static double
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double
median(const double *of_rounds)
{
	double sorted[MOST_ROUNDS];
	int middle = rounds / 2;

	memcpy(sorted, of_rounds, (size_t)rounds * sizeof(*sorted));
	qsort(sorted, (size_t)rounds, sizeof(*sorted), compare);
	return rounds % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

static void
split(char **words)
{
	commands[count++] = words;
	for (; *words; words++)
		if (!strcmp(*words, "+")) {
			*words = NULL;
			if (count == MOST_COMMANDS)
				exit(2);
			commands[count++] = words + 1;
		}
}

/* Starts COMMAND with OUT and ERR (-1: nowhere) as its standard output and error. */
static pid_t
start(char **command, int out, int err)
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	if (out >= 0)
		posix_spawn_file_actions_adddup2(&actions, out, 1);
	else
		posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
	if (err >= 0)
		posix_spawn_file_actions_adddup2(&actions, err, 2);
	else
		posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
	error = posix_spawnp(&pid, command[0], &actions, NULL, command, environ);
	posix_spawn_file_actions_destroy(&actions);
	return error ? -1 : pid;
}

/* Reaps PID; whether it has ended well. */
static bool
reap(pid_t pid, struct rusage *usage)
{
	int status;

	while (wait4(pid, &status, 0, usage) < 0)
		if (errno != EINTR)
			return false;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static double
cpu_of(const struct rusage *usage)
{
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec)
	       + (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

/* ---- run ---- */

static bool
run(int which, double *result)
{
	struct rusage usage;
	double begun = now();
	pid_t pid = start(commands[which], -1, -1);

	if (pid < 0 || !reap(pid, &usage))
		return false;
	result[TIME] = now() - begun - less;
	result[MEMORY] = (double)usage.ru_maxrss;
	result[CPU] = cpu_of(&usage);
	return true;
}

/* ---- ready ---- */

static void
stop(pid_t pid)
{
	struct rusage usage;

	kill(pid, SIGKILL);
	reap(pid, &usage);
}

/* Reads FD until the watches are said to be established. */
static bool
wait_ready(int fd)
{
	char text[4096];
	size_t length = 0;

	while (length < sizeof(text) - 1) {
		ssize_t size = read(fd, text + length, sizeof(text) - 1 - length);

		if (size <= 0)
			return false;
		length += (size_t)size;
		text[length] = '\0';
		if (strstr(text, "Watches established."))
			return true;
	}
	return false;
}

/* The number after KEY in the file NAME of process PID. */
static double
proc_value(pid_t pid, const char *name, const char *key)
{
	char path[64], text[4096];
	const char *at;
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	size = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	if (fd >= 0)
		close(fd);
	text[size < 0 ? 0 : size] = '\0';
	at = strstr(text, key);
	return at ? strtod(at + strlen(key), NULL) : 0;
}

/* Seconds of CPU that PID has used so far. */
static double
cpu_now(pid_t pid)
{
	return proc_value(pid, "schedstat", "") / 1e9;
}

/* Starts a watcher with OUT as output; -1 if it is never ready. */
static pid_t
start_watcher(char **command, int out)
{
	int err[2];
	pid_t pid;

	if (pipe2(err, O_CLOEXEC) < 0)
		die("pipe");
	pid = start(command, out, err[1]);
	close(err[1]);
	if (pid >= 0 && !wait_ready(err[0])) {
		stop(pid);
		pid = -1;
	}
	close(err[0]);
	return pid;
}

static bool
ready(int which, double *result)
{
	double begun = now();
	pid_t pid = start_watcher(commands[which], -1);

	if (pid < 0)
		return false;
	result[TIME] = now() - begun;
	result[MEMORY] = proc_value(pid, "status", "VmHWM:");
	result[CPU] = cpu_now(pid);
	stop(pid);
	return true;
}

/* ---- events ---- */

static long files, ahead;
static const char *folder;
static _Atomic long *lines; /* that the reader has got, shared with the producer */

static void
keep_distance(long made)
{
	while (ahead && made - *lines > ahead)
		usleep(50);
}

static void
produce(void)
{
	char from[4096], to[4096];

	for (long i = 0; i < files; i++) {
		int fd;

		snprintf(from, sizeof(from), "%s/file-%ld", folder, i);
		snprintf(to, sizeof(to), "%s/renamed-%ld", folder, i);
		fd = open(from, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
		if (fd < 0 || close(fd) < 0 || rename(from, to) < 0 || unlink(to) < 0)
			_exit(1);
		keep_distance((i + 1) * EVENTS_OF_A_FILE);
	}
	_exit(0);
}

/* Counts lines until all have come, or none for a while; returns when the last one came. */
static double
read_lines(int fd)
{
	static char text[1 << 16];
	struct pollfd in = { .fd = fd, .events = POLLIN };
	double last = now();

	while (*lines < files * EVENTS_OF_A_FILE && poll(&in, 1, QUIET) > 0) {
		ssize_t size = read(fd, text, sizeof(text));
		long number = 0;

		if (size <= 0)
			break;
		for (ssize_t i = 0; i < size; i++)
			number += text[i] == '\n';
		*lines += number;
		last = now();
	}
	return last;
}

static bool
events(int which, double *result)
{
	struct rusage usage;
	double begun, before;
	pid_t watcher, producer;
	int out[2];

	if (pipe2(out, O_CLOEXEC) < 0)
		die("pipe");
	watcher = start_watcher(commands[which], out[1]);
	close(out[1]);
	if (watcher < 0) {
		close(out[0]);
		return false;
	}
	*lines = 0;
	before = cpu_now(watcher);
	begun = now();
	producer = fork();
	if (producer == 0)
		produce();
	result[TIME] = read_lines(out[0]) - begun;
	result[CPU] = cpu_now(watcher) - before;
	result[MEMORY] = proc_value(watcher, "status", "VmHWM:");
	result[COUNT] = (double)*lines;
	*lines = files * EVENTS_OF_A_FILE; /* no one waits any more */
	stop(watcher);
	close(out[0]);
	return reap(producer, &usage);
}

/* ---- count ---- */

/* How often COMMAND stops when run by ptrace(REQUEST); -1 if it fails or cannot be traced. */
static long
stops(char **command, int request)
{
	long number = 0;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		int null = open("/dev/null", O_RDWR | O_CLOEXEC);

		for (int fd = 0; fd < 3; fd++)
			dup2(null, fd);
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
			execvp(command[0], command);
		_exit(127);
	}
	if (waitpid(pid, &status, 0) < 0 || !WIFSTOPPED(status))
		return -1;
	while (ptrace(request, pid, NULL, NULL) == 0 && waitpid(pid, &status, 0) > 0
	       && WIFSTOPPED(status))
		number++;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? number : -1;
}

static void
count_all(void)
{
	for (int i = 0; i < count; i++) {
		long instructions = stops(commands[i], PTRACE_SINGLESTEP);
		long calls = stops(commands[i], PTRACE_SYSCALL);

		/* Each call stops twice, at its start and its end; exit_group only once. */
		if (instructions < 0 || calls < 0)
			puts("- -");
		else
			printf("%ld %ld\n", instructions, (calls + 1) / 2);
	}
}

/* ---- tree ---- */

/* Folder NUMBER, counted level by level from 1; 0 is the one at the top. */
static int
tree_path(char *path, size_t room, const char *top, long number)
{
	int length;

	if (!number)
		return snprintf(path, room, "%s", top);
	length = tree_path(path, room, top, (number - 1) / 10);
	return length + snprintf(path + length, room - (size_t)length, "/folder-%05ld", number);
}

static void
make_tree(const char *top, long folders, long files_each)
{
	char path[4096];

	for (long i = 0; i < folders; i++) {
		int length = tree_path(path, sizeof(path), top, i);

		if (i && mkdir(path, 0777) < 0)
			die(path);
		for (long j = 0; j < files_each; j++) {
			snprintf(path + length, sizeof(path) - (size_t)length, "/file-%ld", j);
			if (mknod(path, S_IFREG | 0666, 0) < 0)
				die(path);
		}
	}
}

/* ---- rounds ---- */

/* A new order each round: whoever comes after its like would find warm caches each time. */
static void
shuffle(int *order)
{
	for (int i = 0; i < count; i++) {
		int place = rand() % (i + 1);

		order[i] = order[place];
		order[place] = i;
	}
}

static void
measure(bool (*one)(int which, double *result))
{
	int order[MOST_COMMANDS];

	for (int i = 0; i < count; i++)
		for (int j = 0; j < VALUES; j++)
			values[i][j] = calloc((size_t)rounds, sizeof(double));
	/* A round before the first fills the caches. */
	for (int round = -1; round < rounds; round++) {
		shuffle(order);
		for (int i = 0; i < count; i++) {
			int which = order[i];
			double result[VALUES] = { 0 };

			if (done[which] < 0)
				continue;
			done[which] = one(which, result) ? round + 1 : -1;
			for (int j = 0; j < VALUES && round >= 0; j++)
				values[which][j][round] = result[j];
		}
	}
}

static double
ratio(int which, int value)
{
	double ratios[MOST_ROUNDS];

	for (int i = 0; i < rounds; i++) {
		double first = values[0][value][i];

		ratios[i] = first > 0 ? values[which][value][i] / first : 0;
	}
	return median(ratios);
}

static void
print(double unit)
{
	for (int i = 0; i < count; i++) {
		if (done[i] < 0) {
			puts("- - - - - - - -");
			continue;
		}
		printf("%.1f %.0f %.1f %.0f", median(values[i][TIME]) * unit,
		       median(values[i][MEMORY]), median(values[i][CPU]) * unit,
		       median(values[i][COUNT]));
		for (int j = 0; j < VALUES; j++)
			printf(" %.3f", done[0] < 0 ? 0 : ratio(i, j));
		puts("");
	}
}

/* One of the three that go in rounds, from its first word after ROUNDS on; false: there is no such.
 */
static bool
in_rounds(const char *what, char **words)
{
	if (!strcmp(what, "run")) {
		less = atof(words[0]) / 1e6;
		split(words + 1);
		measure(run);
		print(1e6);
	} else if (!strcmp(what, "ready")) {
		split(words);
		measure(ready);
		print(1e3);
	} else if (!strcmp(what, "events")) {
		files = atol(words[0]);
		ahead = atol(words[1]);
		folder = words[2];
		split(words + 3);
		measure(events);
		print(1e3);
	} else {
		return false;
	}
	return true;
}

int
main(int argc, char **argv)
{
	signal(SIGPIPE, SIG_IGN);
	lines = mmap(NULL, sizeof(*lines), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (lines == MAP_FAILED)
		die("mmap");
	if (argc > 2 && !strcmp(argv[1], "count")) {
		split(argv + 2);
		count_all();
		return 0;
	}
	if (argc == 5 && !strcmp(argv[1], "tree")) {
		make_tree(argv[2], atol(argv[3]), atol(argv[4]));
		return 0;
	}
	rounds = argc > 6 || (argc > 3 && strcmp(argv[1], "events")) ? atoi(argv[2]) : 0;
	if (rounds < 1 || rounds > MOST_ROUNDS || !in_rounds(argv[1], argv + 3))
		return 2;
	return 0;
}
