/* SPDX-License-Identifier: MIT */
/*
 * Several sources as one: their events in one stream, with the name of each. A source that always
 * has more does not keep the others waiting, and one that has nothing costs no call.
 *
 * Who waits polls the descriptors of all, and not those of an epoll(7) that has them: some of the
 * kernel's files, such as a pressure trigger, forget what they have to tell when they are asked, and a
 * poll of an epoll asks twice.
 */
#ifndef BUTTER_MERGE_H
#define BUTTER_MERGE_H

#include "event/source.h"

struct merge {
	struct source source; /* besides: the descriptors of all members */
	struct merge_member {
		struct source *source;
		const char *name;   /* the event's source; NULL: as that has it */
		const char *format; /* the event's */
		/* Whether there is nothing left that it is about; NULL: as long as it has a descriptor. */
		bool (*is_over)(const struct source *source);
		void *context; /* the caller's own */
		bool ready;    /* it may have something to tell */
	} * members;
	size_t count, room;
	size_t at;    /* whose turn it is, and after an event whose that was */
	size_t taken; /* how many events of that in this turn */
	size_t most;  /* how many besides there is room for */
};

/* No members yet. */
void merge_open(struct merge *merge);

/*
 * SOURCE, which stays the caller's, is one of them from now on, and the last of members. One that
 * has neither a descriptor nor besides left has told all that it ever will.
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

/* Frees it; the members are the caller's to close. */
void merge_close(struct merge *merge);

#endif
