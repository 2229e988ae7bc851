/* SPDX-License-Identifier: MIT */
/*
 * What the scripts beside it measure with: commands in turns, round after round, so that
 * whatever else the machine does meets all of them alike.
 *
 *	measure run ROUNDS LESS COMMAND + COMMAND ...
 *		from spawn to reap, LESS microseconds (what was asked for) taken off; microseconds
 *	measure ready ROUNDS COMMAND + COMMAND ...
 *		from spawn to "Watches established.", or an empty line, on standard error;
 *		milliseconds. fswatch and what has fatrace in its name say nothing: to the first
 *		line about files that are made in the folder that is the last word, again and
 *		again
 *	measure events ROUNDS FILES AHEAD PAUSE DIR COMMAND + COMMAND ...
 *		one creates, renames and deletes FILES files in DIR, EVENTS_OF_A_FILE events each,
 *		as fast as it can, or at most AHEAD (not 0) events before what the watcher has
 *		written; the reader of that sleeps PAUSE seconds when it has half of them;
 *		milliseconds
 *	measure react ROUNDS TIMES DIR COMMAND + COMMAND ...
 *		from the moment before a file is made in DIR, where nothing else happens, to the
 *		first line: the median of TIMES times; microseconds
 *	measure open ROUNDS TIMES DIR COMMAND + COMMAND ...
 *		from before a file in DIR is opened until it is open: the median of TIMES times;
 *		microseconds
 *	measure storm ROUNDS TREES DIR COMMAND + COMMAND ...
 *		TREES trees, six folders one in another with a file in the last, made in DIR as
 *		fast as can be; milliseconds. Lines are events, a bar and the path; the count is
 *		that of files which have a CREATE or MOVED_TO, the first two further ones that of
 *		folders, and of lines more than one for each of these
 *	measure flow ROUNDS OUT COMMAND + COMMAND ...
 *		pipelines, from the first spawn to the last reap; milliseconds. Among their words
 *		are `|`, `&` after one that runs beside the rest, `>` or `>>` and a file, `<` and
 *		a file. The file OUT is removed before each. They fail as the last of each
 *		pipeline does. The count is microseconds of CPU of those that are not ./bytes
 *	measure copy ROUNDS SOURCE DIR CACHE COMMAND + COMMAND ...
 *		copies of SOURCE, a file or a folder; `@` in a word is a new name in DIR. With hot
 *		as CACHE a file is in the page cache before, with cold it is not; else it is as it
 *		may be. From spawn to reap; microseconds. The count is microseconds until all is on
 *		the disk, the two further medians are MiB of SOURCE and of its copy, where these are
 *		files, in the page cache when the command has ended. A command that writes a number
 *		of microseconds to its standard output has taken as long as that, and its file may
 *		have other bytes than SOURCE. Copied files are emptied and folders on a tmpfs
 *		removed after each run, but other folders stay: for half a minute after inodes were
 *		removed, ext4 is slow to make new ones beside them
 *	measure count COMMAND + COMMAND ...
 *		instructions and system calls of each, counted by ptrace(2)
 *	measure calls DIR COMMAND + COMMAND ...
 *		system calls of each, its threads and children; `@` is a new name in DIR
 *	measure tree DIR FOLDERS FILES [LEAST MOST]
 *		makes FOLDERS folders, ten in each, with FILES files in each, empty ones or of LEAST
 *		to MOST bytes, more small than large ones and always the same
 *
 * For each command a line: medians of time, peak memory (kB), CPU time and events, then each of
 * them divided by the first command's (the median of the rounds' ratios), two further medians, and
 * in how many rounds the command ended by itself before its time; "-" where it fails.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
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
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum { MOST_COMMANDS = 32, MOST_ROUNDS = 10000, EVENTS_OF_A_FILE = 6 };

/* Milliseconds after which nothing more is expected: a line after another, and readiness. */
enum { QUIET = 3000, HANGING = 120000 };

/* What one round of one command gave: of these a line shows the medians. */
enum { TIME, MEMORY, CPU, COUNT, RATIOS, FOLDERS = RATIOS, DOUBLES, DIED, VALUES };

/* Words of a command. */
enum { MOST_WORDS = 64 };

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

/* Starts COMMAND with IN, OUT and ERR (-1: nowhere) as its standard descriptors. */
static pid_t
start(char **command, int in, int out, int err)
{
	const int fds[] = { in, out, err };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t as_usual;
	pid_t pid;
	int error;

	sigemptyset(&as_usual);
	sigaddset(&as_usual, SIGPIPE);
	posix_spawnattr_init(&attributes);
	posix_spawnattr_setsigdefault(&attributes, &as_usual);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	posix_spawn_file_actions_init(&actions);
	for (int fd = 0; fd < 3; fd++)
		if (fds[fd] >= 0)
			posix_spawn_file_actions_adddup2(&actions, fds[fd], fd);
		else
			posix_spawn_file_actions_addopen(&actions, fd, "/dev/null",
							 fd ? O_WRONLY : O_RDONLY, 0);
	error = posix_spawnp(&pid, command[0], &actions, &attributes, command, environ);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attributes);
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
	pid_t pid = start(commands[which], -1, -1, -1);

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
	struct pollfd in = { .fd = fd, .events = POLLIN };
	char text[4096];
	size_t length = 0;

	while (length < sizeof(text) - 1 && poll(&in, 1, HANGING) > 0) {
		ssize_t size = read(fd, text + length, sizeof(text) - 1 - length);

		if (size <= 0)
			return false;
		length += (size_t)size;
		text[length] = '\0';
		if (strstr(text, "Watches established.") || text[0] == '\n')
			return true;
	}
	return false;
}

/* Takes what is there, until there is nothing for MS milliseconds; false at the end of FD. */
static bool
skip(int fd, int ms)
{
	static char text[1 << 16];
	struct pollfd in = { .fd = fd, .events = POLLIN };

	while (poll(&in, 1, ms) > 0)
		if (read(fd, text, sizeof(text)) <= 0)
			return false;
	return true;
}

/* Makes files in FOLDER until the watcher that writes to FD has a line for one; takes all lines. */
static bool
probe_ready(int fd, const char *folder)
{
	struct pollfd in = { .fd = fd, .events = POLLIN };
	double begun = now();
	int ready;
	char path[4096];

	do {
		snprintf(path, sizeof(path), "%s/probe", folder);
		close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
		unlink(path);
		ready = poll(&in, 1, 10);
	} while (ready == 0 && now() - begun < HANGING / 1e3);
	return ready > 0;
}

/* Fills TEXT with the file NAME of process PID, or with nothing. */
static void
proc_read(pid_t pid, const char *name, char text[4096])
{
	char path[64];
	ssize_t size;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	size = fd < 0 ? -1 : read(fd, text, 4095);
	if (fd >= 0)
		close(fd);
	text[size < 0 ? 0 : size] = '\0';
}

/* The number after KEY in the file NAME of process PID. */
static double
proc_value(pid_t pid, const char *name, const char *key)
{
	char text[4096];
	const char *at;

	proc_read(pid, name, text);
	at = strstr(text, key);
	return at ? strtod(at + strlen(key), NULL) : 0;
}

/* Seconds of CPU that PID has used so far, and its children that have ended (these to a hundredth). */
static double
cpu_now(pid_t pid)
{
	unsigned long user = 0, system = 0;
	const char *rest;
	char text[4096];

	proc_read(pid, "stat", text);
	rest = strrchr(text, ')');
	if (rest)
		sscanf(rest, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %lu %lu", &user,
		       &system);
	return proc_value(pid, "schedstat", "") / 1e9
	       + (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

/* What PID has used, of CPU since it was at BEFORE; a dead one has no memory. */
static void
account(pid_t pid, double before, double *result)
{
	result[CPU] = cpu_now(pid) - before;
	result[MEMORY] = proc_value(pid, "status", "VmHWM:");
	result[DIED] = result[MEMORY] <= 0;
}

/* Starts COMMAND with its output in a pipe, *OUT to be read from; -1 if it is never ready. */
static pid_t
start_watcher(char **command, int *out)
{
	bool tells = strcmp(command[0], "fswatch") && !strstr(command[0], "fatrace"), is_ready;
	int err[2], pipe[2], words = 0;
	pid_t pid;

	if (pipe2(err, O_CLOEXEC) < 0 || pipe2(pipe, O_CLOEXEC) < 0)
		die("pipe");
	while (command[words])
		words++;
	pid = start(command, -1, pipe[1], tells ? err[1] : -1);
	close(err[1]);
	close(pipe[1]);
	is_ready =
		pid >= 0 && (tells ? wait_ready(err[0]) : probe_ready(pipe[0], command[words - 1]));
	close(err[0]);
	*out = pipe[0];
	if (is_ready)
		return pid;
	if (pid >= 0)
		stop(pid);
	close(pipe[0]);
	return -1;
}

static bool
ready(int which, double *result)
{
	double begun = now();
	int out;
	pid_t pid = start_watcher(commands[which], &out);

	if (pid < 0)
		return false;
	result[TIME] = now() - begun;
	account(pid, 0, result);
	stop(pid);
	close(out);
	return true;
}

/* ---- events ---- */

static long files, ahead, pause_at; /* lines after which the reader sleeps; 0: it does not */
static double pause_length;         /* seconds */
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

static void
nap(double seconds)
{
	usleep((useconds_t)(seconds * 1e6));
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
		if (*lines < pause_at && *lines + number >= pause_at)
			nap(pause_length);
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
	int out;
	pid_t producer, watcher = start_watcher(commands[which], &out);

	if (watcher < 0)
		return false;
	skip(out, 100);
	*lines = 0;
	pause_at = pause_length > 0 ? files * EVENTS_OF_A_FILE / 2 : 0;
	before = cpu_now(watcher);
	begun = now();
	producer = fork();
	if (producer == 0)
		produce();
	result[TIME] = read_lines(out) - begun;
	account(watcher, before, result);
	result[COUNT] = (double)*lines;
	*lines = files * EVENTS_OF_A_FILE; /* no one waits any more */
	stop(watcher);
	close(out);
	return reap(producer, &usage);
}

/* ---- react ---- */

enum { CALM = 5 /* ms between two files */, MOST_TIMES = 1000, PATIENCE = 10 /* s for all */ };

/* Seconds until the first line in OUT about the new file PATH; negative: there is none. */
static double
reaction(int out, const char *path)
{
	struct pollfd in = { .fd = out, .events = POLLIN };
	double begun = now();

	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
	return poll(&in, 1, QUIET) > 0 ? now() - begun : -1;
}

static bool
react(int which, double *result)
{
	double times[MOST_TIMES], begun, before;
	char path[4096];
	int out, number = 0;
	pid_t watcher = start_watcher(commands[which], &out);

	if (watcher < 0)
		return false;
	before = cpu_now(watcher);
	begun = now();
	snprintf(path, sizeof(path), "%s/new", folder);
	while (skip(out, CALM) && number < files && now() - begun < PATIENCE) {
		times[number] = reaction(out, path);
		unlink(path);
		if (times[number++] < 0)
			break;
	}
	account(watcher, before, result);
	result[CPU] /= number ? number : 1;
	stop(watcher);
	close(out);
	if (!number || times[number - 1] < 0)
		return false;
	qsort(times, (size_t)number, sizeof(*times), compare);
	result[TIME] = times[number / 2];
	return true;
}

/* ---- open ---- */

/* What the watcher tells goes to a reader of its own. */
static pid_t
start_reader(int out)
{
	static char text[1 << 16];
	pid_t reader = fork();

	if (reader)
		return reader;
	while (read(out, text, sizeof(text)) > 0)
		;
	_exit(0);
}

static bool
open_often(int which, double *result)
{
	double times[MOST_TIMES], before;
	char path[4096];
	int out, number = 0;
	pid_t watcher = start_watcher(commands[which], &out), reader;
	struct rusage usage;

	if (watcher < 0)
		return false;
	reader = start_reader(out);
	close(out);
	snprintf(path, sizeof(path), "%s/file", folder);
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666));
	before = cpu_now(watcher);
	while (number < files) {
		double begun = now();
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		times[number++] = now() - begun;
		if (fd < 0)
			break;
		close(fd);
	}
	account(watcher, before, result);
	stop(watcher);
	if (reader > 0)
		reap(reader, &usage);
	qsort(times, (size_t)number, sizeof(*times), compare);
	result[TIME] = times[number / 2];
	return number == files;
}

/* ---- storm ---- */

enum { DEPTH = 6 };
static const char below[] = "/b/c/d/e/f/file";
static unsigned short *told; /* lines that say it was made: of each tree's folders and its file */

/* Makes the trees in FOLDER, or takes them away. */
static void
make_storm(long trees, bool make)
{
	char path[4096];

	for (long i = 0; i < trees; i++) {
		int length = snprintf(path, sizeof(path), "%s/tree-%ld", folder, i);

		for (int j = 0; make && j < DEPTH; j++) {
			if (mkdir(path, 0777) < 0)
				_exit(1);
			snprintf(path + length + 2 * j, sizeof(path) - (size_t)(length + 2 * j),
				 "%.*s", j < DEPTH - 1 ? 2 : 5, below + 2 * j);
		}
		if (make) {
			if (mknod(path, S_IFREG | 0666, 0) < 0)
				_exit(1);
			continue;
		}
		snprintf(path + length, sizeof(path) - (size_t)length, "%s", below);
		unlink(path);
		for (int j = DEPTH - 1; j >= 0; j--) {
			path[length + 2 * j] = '\0';
			rmdir(path);
		}
	}
}

/* Counts a LINE, events, a bar and a path, that says that something was made. */
static void
tell(const char *line)
{
	const char *path = strchr(line, '|');
	char *rest;
	long tree;
	size_t length;

	if (!path || strncmp(++path, folder, strlen(folder)) != 0
	    || strncmp(path += strlen(folder), "/tree-", 6) != 0)
		return;
	if (!strstr(line, "CREATE") && !strstr(line, "MOVED_TO") && !strstr(line, "Created"))
		return;
	tree = strtol(path + 6, &rest, 10);
	length = strlen(rest);
	if (tree < 0 || tree >= files || strncmp(rest, below, length) != 0)
		return;
	told[tree * (DEPTH + 1) + (length < 2 * DEPTH - 1 ? (long)length / 2 : DEPTH)]++;
}

/* Counts lines until there is none for a while; returns when the last one came. */
static double
read_storm(int fd)
{
	static char text[1 << 16];
	struct pollfd in = { .fd = fd, .events = POLLIN };
	double last = now();
	size_t length = 0;
	ssize_t size;

	while (poll(&in, 1, QUIET) > 0
	       && (size = read(fd, text + length, sizeof(text) - length)) > 0) {
		char *line = text, *end;

		length += (size_t)size;
		while ((end = memchr(line, '\n', length - (size_t)(line - text)))) {
			*end = '\0';
			tell(line);
			line = end + 1;
		}
		length -= (size_t)(line - text);
		memmove(text, line, length);
		last = now();
	}
	return last;
}

static bool
storm(int which, double *result)
{
	size_t number = (size_t)files * (DEPTH + 1);
	struct rusage usage;
	double begun, before;
	int out;
	pid_t producer, watcher;

	make_storm(files, false);
	watcher = start_watcher(commands[which], &out);
	if (watcher < 0)
		return false;
	free(told);
	told = calloc(number, sizeof(*told));
	before = cpu_now(watcher);
	begun = now();
	producer = fork();
	if (producer == 0) {
		make_storm(files, true);
		_exit(0);
	}
	result[TIME] = read_storm(out) - begun;
	account(watcher, before, result);
	for (size_t i = 0; i < number; i++) {
		result[i % (DEPTH + 1) == DEPTH ? COUNT : FOLDERS] += told[i] > 0;
		result[DOUBLES] += told[i] > 1 ? told[i] - 1 : 0;
	}
	stop(watcher);
	close(out);
	return reap(producer, &usage);
}

/* ---- flow ---- */

enum { MOST_STAGES = 32 };

/* A program of a pipeline. */
struct stage {
	char *words[MOST_WORDS];
	int in, out;
	bool is_last; /* of its pipeline */
	pid_t pid;
};

/* Reads the words of one program from *WORD on, which is then at what ends them, and opens its files. */
static void
read_stage(struct stage *stage, char ***word)
{
	int words = 0;

	for (; **word && strcmp(**word, "|") && strcmp(**word, "&"); (*word)++) {
		const char *is = **word;

		if (*is != '<' && *is != '>') {
			stage->words[words++] = **word;
			if (words == MOST_WORDS)
				exit(2);
			continue;
		}
		if (!*++*word)
			exit(2);
		if (*is == '<')
			stage->in = open(**word, O_RDONLY | O_CLOEXEC);
		else
			stage->out =
				open(**word,
				     O_WRONLY | O_CREAT | O_CLOEXEC | (is[1] ? O_APPEND : 0), 0666);
	}
	stage->words[words] = NULL;
}

/* Starts all of COMMAND; returns how many programs that are. */
static int
start_stages(char **word, struct stage *stages)
{
	int number = 0, in = -1, pipe[2];

	while (*word) {
		struct stage *stage = &stages[number++];

		if (number > MOST_STAGES)
			exit(2);
		*stage = (struct stage){ .in = in, .out = -1 };
		read_stage(stage, &word);
		stage->is_last = !*word || **word == '&';
		in = -1;
		if (!stage->is_last) {
			if (pipe2(pipe, O_CLOEXEC) < 0)
				die("pipe");
			stage->out = pipe[1];
			in = pipe[0];
		}
		stage->pid = start(stage->words, stage->in, stage->out, -1);
		if (stage->in >= 0)
			close(stage->in);
		if (stage->out >= 0)
			close(stage->out);
		word += *word != NULL;
	}
	return number;
}

static bool
flow(int which, double *result)
{
	struct stage stages[MOST_STAGES];
	struct rusage usage;
	bool went_well = true;
	double begun;
	int number;

	unlink(folder);
	begun = now();
	number = start_stages(commands[which], stages);
	/* The last ones first: when these fail, those beside them may wait for ever. */
	for (int i = number - 1; i >= 0; i--) {
		const struct stage *stage = &stages[i];
		bool ended_well;

		if (stage->pid < 0) {
			went_well = false;
			continue;
		}
		if (!went_well)
			kill(stage->pid, SIGKILL);
		ended_well = reap(stage->pid, &usage);
		went_well = went_well && (ended_well || !stage->is_last);
		result[CPU] += cpu_of(&usage);
		if (!strcmp(stage->words[0], "./bytes"))
			continue;
		result[COUNT] += cpu_of(&usage) * 1e6;
		if (result[MEMORY] < (double)usage.ru_maxrss)
			result[MEMORY] = (double)usage.ru_maxrss;
	}
	result[TIME] = now() - begun;
	return went_well;
}

/* ---- copy ---- */

enum { SOURCE_CACHED = FOLDERS, COPY_CACHED = DOUBLES };
enum { TMPFS = 0x01021994 }; /* as statfs(2) has it */

static const char *source, *cache;
static long entries;  /* of a file or folder that weigh has looked at, */
static off_t content; /* and bytes */

static int
weigh_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)path;
	(void)type;
	(void)where;
	entries++;
	if (!S_ISDIR(status->st_mode))
		content += status->st_size;
	return 0;
}

static bool
weigh(const char *path)
{
	entries = content = 0;
	return nftw(path, weigh_one, 64, FTW_PHYS) == 0;
}

static int
remove_one(const char *path, const struct stat *status, int type, struct FTW *where)
{
	(void)status;
	(void)type;
	(void)where;
	return remove(path);
}

/* COMMAND with a new name in FOLDER, *NAME, for each @. */
static char **
name_copy(char **command, const char **name)
{
	static char path[PATH_MAX / 2], with_path[MOST_WORDS][PATH_MAX], *words[MOST_WORDS + 1];
	static long number;
	int i;

	do
		snprintf(path, sizeof(path), "%s/copy-%ld", folder, number++);
	while (access(path, F_OK) == 0);
	*name = path;
	for (i = 0; command[i]; i++) {
		const char *at = strchr(command[i], '@');

		if (i == MOST_WORDS)
			exit(2);
		words[i] = command[i];
		if (at) {
			snprintf(with_path[i], PATH_MAX, "%.*s%s%s", (int)(at - command[i]),
				 command[i], path, at + 1);
			words[i] = with_path[i];
		}
	}
	words[i] = NULL;
	return words;
}

/* MiB of the file PATH in the page cache; 0 for a folder. */
static double
cached(const char *path)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), pages, number = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	unsigned char *is_there;
	struct stat status;
	void *map;

	if (fd < 0 || fstat(fd, &status) < 0)
		return 0;
	pages = S_ISREG(status.st_mode) ? ((size_t)status.st_size + page - 1) / page : 0;
	map = pages ? mmap(NULL, pages * page, PROT_READ, MAP_SHARED, fd, 0) : MAP_FAILED;
	close(fd);
	if (map == MAP_FAILED)
		return 0;
	is_there = calloc(pages, 1);
	mincore(map, pages * page, is_there);
	for (size_t i = 0; i < pages; i++)
		number += is_there[i] & 1;
	free(is_there);
	munmap(map, pages * page);
	return (double)(number * page) / (1 << 20);
}

/* Waits until PATH is on the disk; a folder, until all of its file system is. */
static bool
settle(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), failed;
	struct stat status;

	if (fd < 0)
		return false;
	failed = fstat(fd, &status) < 0 || (S_ISDIR(status.st_mode) ? syncfs(fd) : fsync(fd)) < 0;
	close(fd);
	return !failed;
}

/* Puts the source into the page cache, or out of it. */
static void
prepare(void)
{
	static char text[1 << 20];
	int fd = open(source, O_RDONLY | O_CLOEXEC);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0 || !settle(source))
		die(source);
	if (!strcmp(cache, "cold"))
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	if (!strcmp(cache, "hot") && S_ISREG(status.st_mode))
		while (read(fd, text, sizeof(text)) > 0)
			;
	close(fd);
}

/* Whether what is at PATH is like the source: as much of it, and the FIRST time byte by byte. */
static bool
is_copy(const char *path, bool first)
{
	char *words[] = { "diff", "-rq", (char *)source, (char *)path, NULL };
	struct rusage usage;
	off_t bytes;
	long number;

	if (!weigh(source))
		return false;
	number = entries;
	bytes = content;
	if (!weigh(path) || entries != number || content != bytes)
		return false;
	return !first || reap(start(words, -1, -1, -1), &usage);
}

static bool
put_away(const char *path)
{
	struct statfs system;
	struct stat status;

	if (lstat(path, &status) < 0 || statfs(path, &system) < 0)
		return errno == ENOENT;
	if (!S_ISDIR(status.st_mode))
		return truncate(path, 0) == 0;
	return system.f_type != TMPFS || nftw(path, remove_one, 64, FTW_PHYS | FTW_DEPTH) == 0;
}

/* The number that a command has written into FD, which is closed; 0: none. */
static double
own_number(int fd)
{
	char text[64] = "";

	if (pread(fd, text, sizeof(text) - 1, 0) < 0)
		die("read");
	close(fd);
	return atof(text);
}

static bool
copy(int which, double *result)
{
	static bool is_compared[MOST_COMMANDS];
	int out = memfd_create("out", MFD_CLOEXEC);
	const char *path;
	char **command = name_copy(commands[which], &path);
	struct rusage usage;
	double begun, own;
	bool settled;
	pid_t pid;

	prepare();
	begun = now();
	pid = start(command, -1, out, -1);
	if (pid < 0 || !reap(pid, &usage)) {
		close(out);
		put_away(path);
		return false;
	}
	result[TIME] = now() - begun;
	result[MEMORY] = (double)usage.ru_maxrss;
	result[CPU] = cpu_of(&usage);
	result[SOURCE_CACHED] = cached(source);
	result[COPY_CACHED] = cached(path);
	own = own_number(out) / 1e6;
	if (own > 0) {
		result[TIME] = own;
		result[COUNT] = own * 1e6;
		return put_away(path);
	}
	begun = now();
	settled = settle(path);
	result[COUNT] = (result[TIME] + now() - begun) * 1e6;
	if (!settled || !is_copy(path, !is_compared[which])) {
		fprintf(stderr, "%s: not a copy of %s, by %s\n", path, source, command[0]);
		return false;
	}
	is_compared[which] = true;
	return put_away(path);
}

/* ---- count ---- */

static void
traceme(char **command)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0)
		execvp(command[0], command);
	_exit(127);
}

/* How often COMMAND stops when run by ptrace(REQUEST); -1 if it fails or cannot be traced. */
static long
stops(char **command, int request)
{
	long number = 0;
	int status;
	pid_t pid = fork();

	if (pid == 0)
		traceme(command);
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

/* How many system calls COMMAND and all that it starts have begun; -1 if it fails. */
static long
calls(char **command)
{
	struct __ptrace_syscall_info info;
	int status, end = -1;
	long number = 0;
	pid_t first = fork(), pid;

	if (first == 0)
		traceme(command);
	if (waitpid(first, &status, 0) < 0 || !WIFSTOPPED(status))
		return -1;
	ptrace(PTRACE_SETOPTIONS, first, NULL,
	       PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK
		       | PTRACE_O_TRACEVFORK);
	ptrace(PTRACE_SYSCALL, first, NULL, NULL);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		int stop = WIFSTOPPED(status) ? WSTOPSIG(status) : 0;

		if (!stop) {
			if (pid == first)
				end = status;
			continue;
		}
		if (stop == (SIGTRAP | 0x80)
		    && ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) > 0)
			number += info.op == PTRACE_SYSCALL_INFO_ENTRY;
		/* What new threads and children begin with is no signal of theirs. */
		if (stop == (SIGTRAP | 0x80) || stop == SIGTRAP || stop == SIGSTOP)
			stop = 0;
		ptrace(PTRACE_SYSCALL, pid, NULL, stop);
	}
	return end == 0 ? number : -1;
}

static void
calls_all(void)
{
	const char *path;

	for (int i = 0; i < count; i++) {
		long number = calls(name_copy(commands[i], &path));

		if (number < 0)
			puts("-");
		else
			printf("%ld\n", number);
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

/* A file of LEAST to MOST bytes: of these half a range as often as the whole, and so on. */
static void
make_file(const char *path, long least, long most)
{
	static char text[1 << 16];
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
	long left = least + rand() % (((most - least) >> rand() % 20) + 1);

	for (size_t i = 0; !text[0] && i < sizeof(text); i++)
		text[i] = (char)(rand() | 1);
	while (left > 0) {
		ssize_t size =
			write(fd, text, left < (long)sizeof(text) ? (size_t)left : sizeof(text));

		if (size < 0)
			die(path);
		left -= size;
	}
	if (fd < 0 || close(fd) < 0)
		die(path);
}

static void
make_tree(const char *top, long folders, long files_each, long least, long most)
{
	char path[4096];

	for (long i = 0; i < folders; i++) {
		int length = tree_path(path, sizeof(path), top, i);

		if (i && mkdir(path, 0777) < 0)
			die(path);
		for (long j = 0; j < files_each; j++) {
			snprintf(path + length, sizeof(path) - (size_t)length, "/file-%ld", j);
			make_file(path, least, most);
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

static double
sum(const double *of_rounds)
{
	double total = 0;

	for (int i = 0; i < rounds; i++)
		total += of_rounds[i];
	return total;
}

static void
print(double unit)
{
	for (int i = 0; i < count; i++) {
		if (done[i] < 0) {
			puts("- - - - - - - - - - -");
			continue;
		}
		printf("%.1f %.0f %.1f %.0f", median(values[i][TIME]) * unit,
		       median(values[i][MEMORY]), median(values[i][CPU]) * unit,
		       median(values[i][COUNT]));
		for (int j = 0; j < RATIOS; j++)
			printf(" %.3f", done[0] < 0 ? 0 : ratio(i, j));
		printf(" %.0f %.0f %.0f\n", median(values[i][FOLDERS]), median(values[i][DOUBLES]),
		       sum(values[i][DIED]));
	}
}

/* Those that go in rounds: how many words stand before the commands, and the unit of time. */
static const struct way {
	const char *name;
	int words;
	bool (*one)(int which, double *result);
	double unit; /* of a second */
} ways[] = {
	{ "run", 1, run, 1e6 },     { "ready", 0, ready, 1e3 }, { "events", 4, events, 1e3 },
	{ "react", 2, react, 1e6 }, { "storm", 2, storm, 1e3 }, { "open", 2, open_often, 1e6 },
	{ "flow", 1, flow, 1e3 },   { "copy", 3, copy, 1e6 },
};

static const struct way *
find_way(const char *name)
{
	for (size_t i = 0; i < sizeof(ways) / sizeof(*ways); i++)
		if (!strcmp(ways[i].name, name))
			return &ways[i];
	return NULL;
}

static void
go(const struct way *way, char **words)
{
	if (way->one == run) {
		less = atof(words[0]) / 1e6;
	} else if (way->one == events) {
		files = atol(words[0]);
		ahead = atol(words[1]);
		pause_length = atof(words[2]);
		folder = words[3];
	} else if (way->one == flow) {
		folder = words[0];
	} else if (way->one == copy) {
		source = words[0];
		folder = words[1];
		cache = words[2];
	} else if (way->words) {
		files = atol(words[0]);
		folder = words[1];
	}
	if ((way->one == react || way->one == open_often) && files > MOST_TIMES)
		files = MOST_TIMES;
	split(words + way->words);
	measure(way->one);
	print(way->unit);
}

int
main(int argc, char **argv)
{
	const struct way *way = argc > 3 ? find_way(argv[1]) : NULL;

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
	if (argc > 3 && !strcmp(argv[1], "calls")) {
		folder = argv[2];
		split(argv + 3);
		calls_all();
		return 0;
	}
	if ((argc == 5 || argc == 7) && !strcmp(argv[1], "tree")) {
		make_tree(argv[2], atol(argv[3]), atol(argv[4]), argc == 7 ? atol(argv[5]) : 0,
			  argc == 7 ? atol(argv[6]) : 0);
		return 0;
	}
	rounds = way && argc > 3 + way->words ? atoi(argv[2]) : 0;
	if (rounds < 1 || rounds > MOST_ROUNDS)
		return 2;
	go(way, argv + 3);
	return 0;
}
