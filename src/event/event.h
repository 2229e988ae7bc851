/* SPDX-License-Identifier: MIT */
/* One event, whatever descriptor it came from. */
#ifndef BUTTER_EVENT_H
#define BUTTER_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "cli/names.h"

/* Who did it, as far as that is known. */
struct doer {
	int32_t pid;      /* 0: not known */
	const char *comm; /* the command's name; NULL: it is not known, and neither is uid */
	size_t comm_length;
	uint32_t uid; /* effective */
};

struct event {
	int64_t time;             /* realtime, nanoseconds since 1970 */
	const struct name *names; /* the names of the bits in what */
	uint64_t what;
	const char *dir; /* the watched object; a folder's ends in '/'; NULL: no path */
	size_t dir_length;
	const char *name; /* the entry in it, or "" */
	size_t name_length;
	const char *from; /* the path before a rename; NULL: there is none */
	size_t from_length;
	const struct doer *doer; /* NULL: this kind of source never knows */
	uint32_t cookie;         /* pairs the two ends of a move; 0: none */
	bool is_dir;
	bool synthetic;     /* found by looking, not told by the kernel */
	bool gone;          /* its folder is, and dir is not where that was but a word for it */
	uint64_t count;     /* expirations; 0: none */
	uint64_t value;     /* number of the tick, errno of a denial; 0: none */
	const char *answer; /* JSON: what was decided; NULL: there was nothing to decide */
};

/* EVENT is about PATH of LENGTH bytes: an entry of the folder that this names. */
static inline void
event_set_path(struct event *event, const char *path, size_t length)
{
	const char *slash = memrchr(path, '/', length);

	event->dir = path;
	event->dir_length = slash ? (size_t)(slash - path) + 1 : 0;
	event->name = path + event->dir_length;
	event->name_length = length - event->dir_length;
}

#endif
