/* SPDX-License-Identifier: MIT */
/* What a process has mapped into its memory: /proc/PID/maps, proc(5). */
#ifndef BUTTER_MAPS_H
#define BUTTER_MAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAPS_RANGE_SIZE = 34 }; /* two addresses in hexadecimal, with a dash between */

struct map {
	char range[MAPS_RANGE_SIZE]; /* its name in /proc/PID/map_files */
	unsigned int major, minor;   /* of the file system, as in mountinfo.h */
	uint64_t inode;              /* 0: no file */
	const char *path;            /* as the kernel writes it, a newline as \012; "" */
};

/*
 * Reads LINE of LENGTH bytes, a NUL behind them, to which MAP->path points. False: it is not of
 * that form.
 */
bool maps_parse(const char *line, size_t length, struct map *map);

/*
 * Hands each map of a file to EACH, of the process whose folder in /proc is FD, until that returns
 * false. -1 with errno of open(2): EACCES, ENOENT and ESRCH (it has ended).
 */
int maps_each(int fd, bool (*each)(const struct map *map, void *context), void *context);

#endif
