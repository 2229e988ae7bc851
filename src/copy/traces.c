/* SPDX-License-Identifier: MIT */
#include "copy/traces.h"

#include <stdlib.h>

#include "kernel/cache.h"
#include "memory.h"

enum {
	MOST = TRACES_STEP,    /* bytes that may be there for a while */
	PART = CACHE_PART,     /* bytes that are dropped, or stay, together: a page */
	WINDOW = 1 << 23,      /* bytes that are looked at before they are read */
	PARTS = WINDOW / PART, /* of a window */
	AHEAD = 1 << 26,       /* so far the kernel may read ahead: some disks have MiBs */
};

struct traces_window {
	off_t at;                   /* in the input */
	unsigned char there[PARTS]; /* before it was read: for each part */
	TAILQ_ENTRY(traces_window) next;
};

void
traces_open(struct traces *traces, off_t end)
{
	traces->end = end;
	traces->looked = traces->first;
	TAILQ_INIT(&traces->windows);
	traces_reach(traces, traces->first, traces->first);
}

/* Looks what there is of the next window, of which nothing has been read. */
static void
look(struct traces *traces)
{
	struct traces_window *window = memory_get(sizeof(*window));

	/* Pages can be large ones, which only go as a whole. */
	window->at = traces->looked - traces->looked % WINDOW;
	cache_look(traces->in, window->at, window->there, PARTS);
	traces->looked = window->at + WINDOW;
	TAILQ_INSERT_TAIL(&traces->windows, window, next);
}

void
traces_reach(struct traces *traces, off_t from, off_t to)
{
	off_t wanted = to < traces->end - AHEAD ? to + AHEAD : traces->end;

	traces->reached = from;
	traces->to = to;
	/* What has been passed over is not read. */
	if (from > traces->looked)
		traces->looked = from;
	while (traces->looked < wanted)
		look(traces);
}

static bool
was_cold(const struct traces_window *window, int part)
{
	return part < PARTS && !window->there[part];
}

/* What was not there of WINDOW, up to END, is there no more. */
static void
drop_window(const struct traces *traces, const struct traces_window *window, off_t end)
{
	for (int i = 0; i < PARTS && window->at + (off_t)i * PART < end;) {
		int count = 0;

		while (was_cold(window, i + count))
			count++;
		if (count)
			cache_drop(traces->in, window->at + (off_t)i * PART, (off_t)count * PART);
		i += count + 1;
	}
}

/* What was not there of the input, up to END, is there no more. */
static void
drop_input(struct traces *traces, off_t end)
{
	/* What is on its way yet is dropped the next time. */
	off_t done = end - traces->behind - MOST;
	struct traces_window *window, *next;

	for (window = TAILQ_FIRST(&traces->windows); window && window->at < end; window = next) {
		next = TAILQ_NEXT(window, next);
		drop_window(traces, window, end);
		if (window->at + WINDOW > done)
			continue;
		TAILQ_REMOVE(&traces->windows, window, next);
		free(window);
	}
}

/* It has to be on the disk for that. */
static int
drop_output(const struct traces *traces, off_t at)
{
	int result = cache_settle(traces->out);
	off_t from = traces->first + traces->shift, end = at + traces->shift;

	if (traces->is_new)
		cache_drop(traces->out, 0, 0);
	else if (at > traces->first)
		cache_drop(traces->out, from - from % PART, end - (from - from % PART));
	return result;
}

int
traces_add(struct traces *traces, uint64_t bytes, off_t at)
{
	int result;

	if (at > traces->to)
		traces_reach(traces, at, at);
	traces->since += bytes;
	if (traces->since < MOST)
		return 0;
	traces->since = 0;
	result = traces->out < 0 ? 0 : drop_output(traces, at);
	drop_input(traces, traces->reached);
	return result;
}

int
traces_close(struct traces *traces, off_t at)
{
	int result = traces->out < 0 ? 0 : drop_output(traces, at);

	/* Also what the kernel has read ahead. */
	traces->behind = 0;
	drop_input(traces, INT64_MAX);
	return result;
}
