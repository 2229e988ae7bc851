/* SPDX-License-Identifier: MIT */
/* Waiting for a path, or for a link to a disk, that is not there yet. */
#ifndef BUTTER_APPEAR_H
#define BUTTER_APPEAR_H

#include <stdint.h>

struct appear {
	int fd;           /* of inotify(7), or -1 */
	int64_t deadline; /* of CLOCK_MONOTONIC, in nanoseconds; NUM_FOREVER */
	int64_t pause;    /* until the next look, if nothing is heard before */
	int64_t looked;   /* when it was worth to look last, as DEADLINE */
};

/* Begins to wait, for WAIT nanoseconds or NUM_FOREVER. */
void appear_begin(struct appear *appear, int64_t wait);

/*
 * From now on appear_pause ends when something comes into being at PATH, or where that will be; to be
 * called before * each look.
 */
void appear_watch(struct appear *appear, const char *path);

/*
 * Sleeps until it is worth to look again, half a second at most: not all that makes a disk fit to be used
 * makes an entry in a folder. 1, or 0: the time has run out.
 */
int appear_pause(struct appear *appear);

void appear_end(struct appear *appear);

#endif
