/* SPDX-License-Identifier: MIT */
#include "mounts/appear.h"

#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/num.h"
#include "kernel/inotify.h"
#include "memory.h"

static const int64_t second = 1000000000, least_pause = 10000000, first_pause = 20000000,
		     last_pause = 500000000;

static int64_t
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * second + time.tv_nsec;
}

void
appear_begin(struct appear *appear, int64_t wait)
{
	int64_t start = now();

	/* Without inotify, looking again now and then is enough. */
	appear->fd = inotify_open();
	appear->deadline = wait >= NUM_FOREVER - start ? NUM_FOREVER : start + wait;
	appear->pause = first_pause;
	appear->looked = start;
}

void
appear_watch(struct appear *appear, const char *path)
{
	static const uint32_t mask = IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR;
	char *folder = memory_string(path), *slash;

	/* Of folders that are missing, too, the one in which the first of them will be made. */
	while (appear->fd >= 0) {
		slash = strrchr(folder, '/');
		if (slash)
			slash[slash == folder] = '\0';
		if (inotify_watch(appear->fd, slash ? folder : ".", mask) >= 0 || !slash
		    || !strcmp(folder, "/"))
			break;
	}
	free(folder);
}

/* Whether something has happened in these nanoseconds; FD may be -1. */
static bool
pause_for(int fd, int64_t nanoseconds)
{
	struct pollfd poll = { .fd = fd, .events = POLLIN };
	struct timespec time = { .tv_sec = nanoseconds / second, .tv_nsec = nanoseconds % second };

	return nanoseconds > 0 && ppoll(&poll, 1, &time, NULL) > 0;
}

int
appear_pause(struct appear *appear)
{
	int64_t left = appear->deadline == NUM_FOREVER ? NUM_FOREVER : appear->deadline - now();
	char drop[4096];

	if (left <= 0)
		return 0;
	if (pause_for(appear->fd, left < appear->pause ? left : appear->pause)) {
		/* Where much happens in the folder that is none of ours, that is not looked for each time. */
		pause_for(-1, appear->looked + least_pause - now());
		while (read(appear->fd, drop, sizeof(drop)) > 0)
			;
		appear->pause = first_pause;
	} else if (appear->pause < last_pause) {
		appear->pause *= 2;
	}
	appear->looked = now();
	return 1;
}

void
appear_end(struct appear *appear)
{
	if (appear->fd >= 0)
		close(appear->fd);
}
