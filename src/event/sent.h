/* SPDX-License-Identifier: MIT */
/* A signalfd as a source: an event for each signal that comes, with who has sent it and how. */
#ifndef BUTTER_SENT_H
#define BUTTER_SENT_H

#include "event/source.h"
#include "kernel/signalfd.h"

/* What an event of a signal points to. */
struct sent_kept {
	struct doer doer;
	struct sent sent;
};

struct sents {
	struct source source;
	struct sent_kept kept; /* of the last event */
};

enum {
	SENT_SIGNAL = 1,
	SENT_OVERFLOW = 2, /* count signals have come of which nothing else is known any more */
};

extern const struct name sent_names[];

/*
 * How a record looks unless somebody says otherwise: name and number of the signal, process and user id of
 * who sent it, how, with what, and whether that can be trusted.
 */
extern const char sent_format[];

/* A source on FD of signalfd_open, which it takes over. */
void sents_open(struct sents *sents, int fd);

/* *EVENT is RECORD, which came at TIME (realtime); it points to *KEPT. */
void sent_event(struct event *event, struct sent_kept *kept, const struct signalfd_record *record,
		int64_t time);

#endif
