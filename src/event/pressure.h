/* SPDX-License-Identifier: MIT */
/*
 * Pressure as a source: an event each time tasks have stalled for too long; its path is the file that
 * tells of it.
 */
#ifndef BUTTER_PRESSURE_H
#define BUTTER_PRESSURE_H

#include "event/source.h"

enum { PRESSURE = 1 };

extern const struct name pressure_names[];

struct pressure {
	struct source source;
	struct pollfd trigger;
	const char *path;
};

/*
 * A source on the trigger FD (psi.h) of PATH, which lives as long; it takes that over. Reading fails
 * with ENODEV when its cgroup is gone.
 */
void pressure_open(struct pressure *pressure, int fd, const char *path);

#endif
