/* SPDX-License-Identifier: MIT */
#include "event/ticks.h"

const struct name tick_names[] = {
	{ "tick", TICK, "tick" },
	{ "" },
};

static int
decode(struct source *source, struct event *event)
{
	struct ticks *ticks = (struct ticks *)source;
	uint64_t count;

	if (source->length - source->offset < sizeof(count))
		return 0;
	memcpy(&count, source->buffer + source->offset, sizeof(count));
	source->offset += sizeof(count);
	ticks->total += count;
	*event = (struct event){ .time = source->read_at,
				 .names = tick_names,
				 .what = TICK,
				 .count = count,
				 .is_many = true,
				 .has_value = true,
				 .value = (int64_t)ticks->total };
	return 1;
}

/* All that have come are one record. */
static size_t
waiting(const struct source *source)
{
	return source->length - source->offset + sizeof(uint64_t);
}

void
ticks_open(struct ticks *ticks, int fd)
{
	*ticks = (struct ticks){ 0 };
	source_open(&ticks->source, fd, sizeof(uint64_t), sizeof(uint64_t));
	ticks->source.waiting = waiting;
	ticks->source.decode = decode;
}
