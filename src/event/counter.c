/* SPDX-License-Identifier: MIT */
#include "event/counter.h"

#include <stdint.h>

#include "cli/moment.h"
#include "kernel/eventfd.h"

const struct name post_names[] = {
	{ "post", POST, "post" },
	{ "" },
};

/* Not by read(2): that would wait, for others may take what was seen. */
static int
fill(struct source *source)
{
	struct counter *counter = (struct counter *)source;
	int result = eventfd_take(source->fd, &counter->value);

	if (result <= 0)
		return result;
	source->read_at = moment_now();
	source->total++;
	return 1;
}

/* How many records there may be at most: of a semaphore one for each that is there. */
static size_t
waiting(const struct source *source)
{
	uint64_t count;

	/* Who cannot know takes all. */
	return eventfd_look(source->fd, &count) > 0 ? (size_t)count : SIZE_MAX / 2;
}

static int
decode(struct source *source, struct event *event)
{
	struct counter *counter = (struct counter *)source;

	if (!counter->value)
		return 0;
	*event = (struct event){ .time = source->read_at,
				 .names = post_names,
				 .what = POST,
				 .count = counter->value,
				 .is_many = true };
	counter->value = 0;
	return 1;
}

void
counter_open(struct counter *counter, int fd)
{
	*counter = (struct counter){ .source = { .fd = fd,
						 .nonblocking = true,
						 .fill = fill,
						 .waiting = waiting,
						 .decode = decode } };
}
