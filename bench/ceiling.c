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
#include <fcntl.h>
#include <stdbool.h>
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

/* Watches the folder NAME of the working folder, which is ABOVE, and all below; itself last, so that nothing of this is an event. */
static void
watch(int inotify, int above, const char *name)
{
	_Alignas(struct dirent64) char entries[4096];
	int fd = open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), result = 0;
	bool entered = false;
	ssize_t size;

	while ((size = getdents64(fd, entries, sizeof(entries))) > 0)
		for (ssize_t at = 0; at < size;) {
			const struct dirent64 *entry = (const void *)(entries + at);

			at += entry->d_reclen;
			if (entry->d_type != DT_DIR || !strcmp(entry->d_name, ".")
			    || !strcmp(entry->d_name, ".."))
				continue;
			if (!entered)
				result = fchdir(fd);
			entered = true;
			watch(inotify, fd, entry->d_name);
		}
	if (entered)
		result |= fchdir(above);
	close(fd);
	if (result < 0 || inotify_add_watch(inotify, name, ALL) < 0)
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
		watch(fd, open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), argv[2]);
		return write(STDERR_FILENO, ready, sizeof(ready) - 1) < 0 || relay(fd);
	}
	if (argc == 2 && !strcmp(argv[1], "tick"))
		return tick();
	prctl(PR_SET_TIMERSLACK, 1);
	nap();
	return 0;
}
