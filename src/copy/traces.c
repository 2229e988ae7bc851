/* SPDX-License-Identifier: MIT */
#include "copy/traces.h"

#include <stdlib.h>

#include "kernel/cache.h"
#include "memory.h"

enum {
	MOST = 1 << 23, /* bytes that may be there for a while */
	PART = 1 << 12, /* bytes that are dropped, or stay, together: a page */
	LOOK = 1 << 9,  /* parts that are looked at together first */
};

void
traces_open(struct traces *traces, off_t end)
{
	off_t first = traces->first;

	traces->parts = end > first ? (size_t)((end - first + PART - 1) / PART) : 0;
	traces->cold = memory_get(traces->parts / 8 + 1);
	for (size_t i = 0; i < traces->parts; i += LOOK) {
		bool is_cold =
			cache_is_cold(traces->in, first + (off_t)i * PART, (off_t)LOOK * PART);

		for (size_t part = i; part < traces->parts && part < i + LOOK; part++)
			if (is_cold || cache_is_cold(traces->in, first + (off_t)part * PART, PART))
				traces->cold[part / 8] |= (unsigned char)(1 << part % 8);
	}
}

static bool
was_cold(const struct traces *traces, size_t part)
{
	return part < traces->parts && traces->cold[part / 8] & 1 << part % 8;
}

/* What was not there of the input, up to END, is there no more. */
static void
drop_input(struct traces *traces, off_t end)
{
	off_t first = traces->first;

	for (size_t i = traces->dropped; i < traces->parts && first + (off_t)i * PART < end;) {
		size_t count = 0;

		while (was_cold(traces, i + count))
			count++;
		if (count)
			cache_drop(traces->in, first + (off_t)i * PART, (off_t)count * PART);
		i += count + 1;
	}
	/* What is on its way yet is dropped the next time. */
	end -= (off_t)MOST * 2;
	traces->dropped = end > first ? (size_t)((end - first) / PART) : 0;
}

/* It has to be on the disk for that. */
static int
drop(struct traces *traces, off_t at)
{
	int result = cache_settle(traces->out);
	off_t length = at - traces->first;

	traces->since = 0;
	if (traces->is_new)
		cache_drop(traces->out, 0, 0);
	else if (length > 0)
		cache_drop(traces->out, traces->first + traces->shift, length);
	drop_input(traces, at);
	return result;
}

int
traces_add(struct traces *traces, uint64_t bytes, off_t at)
{
	traces->since += bytes;
	return traces->since < MOST ? 0 : drop(traces, at);
}

int
traces_close(struct traces *traces, off_t at)
{
	int result;

	traces->dropped = 0;
	result = drop(traces, at);
	free(traces->cold);
	return result;
}
