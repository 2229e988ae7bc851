/* SPDX-License-Identifier: MIT */
/* An eventfd as a source: an event each time something was added, with how much. */
#ifndef BUTTER_COUNTER_H
#define BUTTER_COUNTER_H

#include "event/source.h"

struct counter {
	struct source source;
	uint64_t value; /* taken and not told of yet; 0: none */
};

enum { POST = 1 };

extern const struct name post_names[];

/*
 * A source on the eventfd FD (eventfd.h), which it takes over. What was added since the last event is one
 * with its sum as count; of a semaphore each is one of 1. Others who take from it may be faster.
 */
void counter_open(struct counter *counter, int fd);

#endif
