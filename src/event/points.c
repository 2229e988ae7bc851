/* SPDX-License-Identifier: MIT */
#include "event/points.h"

#include <limits.h>
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

const char *
points_attach(struct points *points, uint64_t id)
{
	char path[PATH_MAX];
	size_t at = find(points, id);
	struct point *point;

	if (statmount_path(id, path, sizeof(path)) < 0)
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
	free(point->path);
	point->path = memory_string(path);
	return point->path;
}

const char *
points_detach(struct points *points, uint64_t id)
{
	static char last[PATH_MAX];
	size_t at = find(points, id);

	if (at == points->count || points->points[at].id != id)
		return NULL;
	strlcpy(last, points->points[at].path, sizeof(last));
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
