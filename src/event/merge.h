/* SPDX-License-Identifier: MIT */
/*
 * Several sources as one: their events in one stream, with the name of each. A source that always
 * has more does not keep the others waiting, and one that has nothing costs no call.
 *
 * One epoll(7) has the descriptors of all, and while somebody sleeps on them his own, too: who polled the
 * epoll beside those would ask each file twice, and some of the kernel's, such as a pressure trigger and
 * mountinfo, tell what they know once.
 */
#ifndef BUTTER_MERGE_H
#define BUTTER_MERGE_H

#include "event/source.h"

/* Descriptors: of a member, and of who sleeps. */
enum { MERGE_PLACES = 1 + SOURCE_BESIDES, MERGE_SLEEPERS = 8 };

struct merge {
	struct source source; /* without a descriptor: source_sleep */
	struct merge_member {
		struct source *source;
		const char *name;   /* the event's source, where that does not say itself */
		const char *format; /* the event's */
		/* Whether there is nothing left that it is about; NULL: as long as it has a descriptor. */
		bool (*is_over)(const struct source *source);
		void *context;           /* the caller's own */
		bool ready;              /* it may have something to tell */
		int known[MERGE_PLACES]; /* which of its descriptors the set has; -1: none */
	} * members;
	size_t count, room;
	size_t at;    /* whose turn it is, and after an event whose that was */
	size_t taken; /* how many events of that in this turn */
	bool looked;  /* nobody has been asked since somebody looked who is ready */
	int set;      /* the epoll(7) */
	int known[MERGE_SLEEPERS];
};

/* No members yet. -1 with errno of epoll_open (epoll.h). */
int merge_open(struct merge *merge);

/*
 * SOURCE, which stays the caller's, is one of them from now on, and the last of members. One that
 * has neither a descriptor nor besides left has told all that it ever will. NULL with errno of epoll_add.
 */
struct merge_member *merge_add(struct merge *merge, struct source *source, const char *name,
			       const char *format);

/* How many may still tell something. */
size_t merge_left(const struct merge *merge);

/* Which member the last event, or error, came from. */
static inline const struct merge_member *
merge_last(const struct merge *merge)
{
	return &merge->members[merge->at];
}

#endif
