/* SPDX-License-Identifier: MIT */
#include "mounts/appear.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "cli/num.h"
#include "kernel/inotify.h"
#include "memory.h"

static const int64_t second = 1000000000, first_pause = 20000000, last_pause = 500000000;

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
}

void
appear_watch(struct appear *appear, const char *path)
{
	static const uint32_t mask = IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR;
	char *folder = memory_string(path), *slash;

	if (appear->fd >= 0 && !strchr(path, '/'))
		inotify_watch(appear->fd, ".", mask);
	/* Of folders that are missing, too, the one in which the first of them will be made. */
	while (appear->fd >= 0 && (slash = strrchr(folder, '/'))) {
		slash[slash == folder] = '\0';
		if (inotify_watch(appear->fd, folder, mask) >= 0 || !strcmp(folder, "/"))
			break;
	}
	free(folder);
}

int
appear_pause(struct appear *appear)
{
	struct pollfd poll = { .fd = appear->fd, .events = POLLIN };
	int64_t left = appear->deadline == NUM_FOREVER ? NUM_FOREVER : appear->deadline - now();
	int64_t pause = left < appear->pause ? left : appear->pause;
	struct timespec time;
	char drop[4096];

	if (left <= 0)
		return 0;
	time = (struct timespec){ .tv_sec = pause / second, .tv_nsec = pause % second };
	if (ppoll(&poll, 1, &time, NULL) > 0) {
		while (read(appear->fd, drop, sizeof(drop)) > 0)
			;
		appear->pause = first_pause;
	} else if (appear->pause < last_pause) {
		appear->pause *= 2;
	}
	return 1;
}

void
appear_end(struct appear *appear)
{
	if (appear->fd >= 0)
		close(appear->fd);
}
