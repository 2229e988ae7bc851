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
	const char *comm; /* the command's name; NULL: it is not known */
	size_t comm_length;
	bool has_uid;
	uint32_t uid; /* effective; of a signal's sender real */
};

enum { EVENT_SIGNAL_SIZE = 12 }; /* bytes of a signal's name and a NUL */

/* A signal that has come; its sender is the event's doer. */
struct sent {
	int number;
	char name[EVENT_SIGNAL_SIZE]; /* TERM, RTMIN+1 */
	const char *code;             /* how it was sent: user, queue, tkill, kernel, timer ... */
	bool trusted; /* the kernel says who did it: the sender could not make that up */
};

/* A process that has ended. */
struct ended {
	int32_t pid;
	bool has_status;                /* somebody may tell */
	int status;                     /* as shells have it: 128 + the signal that ended it */
	char signal[EVENT_SIGNAL_SIZE]; /* that one's name; "": none */
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
	bool synthetic; /* found by looking, not told by the kernel */
	bool gone;      /* its folder is, and dir is not where that was but a word for it */
	uint64_t count; /* expirations, a counter, how many were lost; 0: none */
	bool is_many;   /* it stands for count events */
	bool has_value;
	int64_t value;      /* number of the tick, errno of a denial, what was sent with a signal */
	const char *answer; /* JSON: what was decided; NULL: there was nothing to decide */
	const struct sent *sent;   /* NULL: it is no signal */
	const struct ended *ended; /* NULL: it is no process that has ended */
	const char *source; /* the name of this one of several sources; NULL: there is only one */
	const char *format; /* its line, where print.h's format is NULL */
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
