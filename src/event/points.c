/* SPDX-License-Identifier: MIT */
#include "event/points.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/statmount.h"
#include "memory.h"

/* Where ID is, or would be. */
static size_t
find(const struct points *points, uint64_t id)
{
	size_t low = 0, high = points->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (points->points[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Where mount ID is, into PATH: "" out of sight. False: it is gone. */
static bool
ask(uint64_t id, char path[PATH_MAX])
{
	*path = '\0';
	return statmount_path(id, path, PATH_MAX) == 0 || errno == EXDEV || errno == EPERM;
}

/* Takes the place of memory of its own. */
static void
set_path(struct point *point, const char *path)
{
	free(point->path);
	point->path = memory_string(path);
}

/* What was FROM is TO: so is what is mounted below, also what has gone since. */
static void
move_below(struct points *points, const char *from, const char *to)
{
	size_t length = strlen(from);
	char path[PATH_MAX];

	for (size_t i = 0; i < points->count; i++) {
		struct point *point = &points->points[i];

		if (strncmp(point->path, from, length) || point->path[length] != '/')
			continue;
		if (!ask(point->id, path)
		    && (size_t)snprintf(path, sizeof(path), "%s%s", to, point->path + length)
			       >= sizeof(path))
			continue;
		set_path(point, path);
	}
}

const char *
points_attach(struct points *points, uint64_t id)
{
	char path[PATH_MAX], *before;
	size_t at = find(points, id);
	struct point *point;

	if (!ask(id, path))
		return NULL;
	if (at == points->count || points->points[at].id != id) {
		if (points->count == points->room) {
			points->room = points->room ? points->room * 2 : 64;
			points->points = memory_resize(points->points, points->room,
						       sizeof(*points->points));
		}
		memmove(points->points + at + 1, points->points + at,
			(points->count++ - at) * sizeof(*points->points));
		points->points[at] = (struct point){ .id = id };
	}
	point = &points->points[at];
	before = point->path;
	point->path = memory_string(path);
	if (before && *before && strcmp(before, path) != 0)
		move_below(points, before, path);
	free(before);
	return point->path;
}

const char *
points_detach(struct points *points, uint64_t id, bool moves)
{
	static char last[PATH_MAX];
	size_t at = find(points, id);

	if (at == points->count || points->points[at].id != id)
		return NULL;
	strlcpy(last, points->points[at].path, sizeof(last));
	if (moves)
		return last;
	free(points->points[at].path);
	memmove(points->points + at, points->points + at + 1,
		(--points->count - at) * sizeof(*points->points));
	return last;
}

static void
add(uint64_t id, void *points)
{
	points_attach(points, id);
}

int
points_open(struct points *points)
{
	return statmount_each(add, points);
}

void
points_close(struct points *points)
{
	for (size_t i = 0; i < points->count; i++)
		free(points->points[i].path);
	free(points->points);
	*points = (struct points){ 0 };
}
