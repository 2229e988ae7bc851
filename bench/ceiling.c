/* SPDX-License-Identifier: MIT */
/*
 * The least that a program could do, without names, options, messages or a table of what is
 * watched: as good as it gets on the machine that measures.
 *
 *	ceiling sleep		sleeps a millisecond
 *	ceiling tick		a thousand ticks of a millisecond
 *	ceiling watch DIR	watches all folders, then writes an empty line for each event
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdint.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { MILLISECOND = 1000000, ALL = IN_ALL_EVENTS | IN_ONLYDIR | IN_DONT_FOLLOW };

static void
nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = MILLISECOND }, NULL);
}

static int
tick(void)
{
	struct itimerspec timer = { { .tv_nsec = MILLISECOND }, { .tv_nsec = MILLISECOND } };
	int fd = timerfd_create(CLOCK_MONOTONIC, 0);
	uint64_t ticks = 0, more;

	timerfd_settime(fd, 0, &timer, NULL);
	while (ticks < 1000 && read(fd, &more, sizeof(more)) > 0)
		ticks += more;
	return 0;
}

/* Watches the working folder's folder NAME and all below. */
static void
watch(int fd, const char *name)
{
	const struct dirent *entry;
	DIR *folder;

	if (chdir(name) < 0)
		return;
	folder = opendir(".");
	while (folder && (entry = readdir(folder)))
		if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".")
		    && strcmp(entry->d_name, ".."))
			watch(fd, entry->d_name);
	if (folder)
		closedir(folder);
	inotify_add_watch(fd, ".", ALL); /* now, so that it tells nothing of the above */
	if (chdir("..") < 0)
		_exit(1);
}

static int
relay(int fd)
{
	static _Alignas(struct inotify_event) char records[1 << 16];
	static char lines[sizeof(records) / sizeof(struct inotify_event)];
	ssize_t size;

	memset(lines, '\n', sizeof(lines));
	while ((size = read(fd, records, sizeof(records))) > 0) {
		size_t number = 0;

		for (ssize_t at = 0; at < size; number++)
			at += (ssize_t)sizeof(struct inotify_event)
			      + ((struct inotify_event *)(void *)(records + at))->len;
		if (write(STDOUT_FILENO, lines, number) < 0)
			return 1;
		nap();
	}
	return 1;
}

int
main(int argc, char **argv)
{
	static const char ready[] = "Watches established.\n";
	int fd;

	if (argc == 3) {
		fd = inotify_init1(IN_CLOEXEC);
		watch(fd, argv[2]);
		return write(STDERR_FILENO, ready, sizeof(ready) - 1) < 0 || relay(fd);
	}
	if (argc == 2 && !strcmp(argv[1], "tick"))
		return tick();
	prctl(PR_SET_TIMERSLACK, 1);
	nap();
	return 0;
}
