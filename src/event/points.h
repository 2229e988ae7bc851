/* SPDX-License-Identifier: MIT */
/* Where the mounts of a namespace are, or were: what fanotify tells of has an id only. */
#ifndef BUTTER_POINTS_H
#define BUTTER_POINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct points {
	struct point {
		uint64_t id;
		char *path;
	} * points; /* by id */
	size_t count, room;
};

/* Remembers all mounts that there are. -1 with errno of statmount_each. */
int points_open(struct points *points);

/*
 * Mount ID has come, or has another place, with what is mounted in it: where it is, "" where that is out of
 * sight; NULL: it is gone.
 */
const char *points_attach(struct points *points, uint64_t id);

/*
 * Where mount ID was, until the next call, "" where that was out of sight; NULL: nobody knows. It is
 * forgotten, unless it MOVES: then points_attach follows.
 */
const char *points_detach(struct points *points, uint64_t id, bool moves);

void points_close(struct points *points);

#endif
