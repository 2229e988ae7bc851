/* SPDX-License-Identifier: MIT */
/* One of the sources that gathering.h brings together: for its own modules. */
#ifndef BUTTER_GATHERPART_H
#define BUTTER_GATHERPART_H

#include "event/clock.h"
#include "event/counter.h"
#include "event/files.h"
#include "event/marks.h"
#include "event/pressure.h"
#include "event/ready.h"
#include "event/sent.h"
#include "event/ticks.h"
#include "gathering.h"

struct part {
	const struct kind *kind;
	const char *name, *text; /* of NAME=TEXT */
	uint64_t events;         /* of files: the ones that are wanted */
	union {
		struct source source;
		struct ticks ticks;
		struct sents sents;
		struct alarm alarm;
		struct clock_changes changes;
		struct counter counter;
		struct files *files;
		struct marks *marks;
		struct ready ready;
		struct pressure pressure;
	};
};

/* One kind of source: its option, and the line that tells of its events. */
struct kind {
	const char *option, *format;
	int (*begin)(struct gathering *gathering, struct part *part);
	enum gathering_what (*judge)(const struct part *part, const struct event *event);
};

/* Adds SOURCE, that of PART, with merge.h's IS_OVER to the merge. 0, or the status after a message. */
int gatherpart_join(struct gathering *gathering, struct part *part, struct source *source,
		    bool (*is_over)(const struct source *source));

/*
 * Cuts `:WORDS` off the end of TEXT, where that has one whose words are all of TABLE: *BITS are theirs then.
 * Returns a copy of what is before.
 */
char *gatherpart_cut_words(const char *text, const struct name *table, uint64_t *bits);

/* What is at a path (gatherpaths.c): each opens PART and adds it. 0, or the status after a message. */
int gatherpart_open_inotify(struct gathering *gathering, struct part *part);
int gatherpart_open_fanotify(struct gathering *gathering, struct part *part);
int gatherpart_open_psi(struct gathering *gathering, struct part *part);

/* And what an event of it is. */
enum gathering_what gatherpart_judge_inotify(const struct part *part, const struct event *event);
enum gathering_what gatherpart_judge_fanotify(const struct part *part, const struct event *event);

#endif
