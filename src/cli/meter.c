/* SPDX-License-Identifier: MIT */
#include "cli/meter.h"

#include <errno.h>
#include <inttypes.h>
#include <time.h>

#include "cli/num.h"
#include "kernel/pipe.h"
#include "kernel/timerfd.h"

/* Steps in a second of a copy that is held back, and what it may lag behind before that is forgiven. */
enum { STEPS = 20 };

#define MOST_LAG (NUM_SECOND / 10)
#define QUIET NUM_SECOND /* nothing is drawn of what takes no longer */

void
meter_begin(struct meter *meter)
{
	meter->done = meter->files = meter->left = 0;
	meter->began = meter->due = timerfd_now(CLOCK_MONOTONIC);
	meter->progress = (struct progress){ 0 };
}

size_t
meter_step(const struct meter *meter)
{
	uint64_t step = meter->rate / STEPS;

	return !meter->rate ? SIZE_MAX : step ? (size_t)step : 1;
}

int64_t
meter_time(const struct meter *meter)
{
	return timerfd_now(CLOCK_MONOTONIC) - meter->began;
}

/* Sleeps until the next bytes are due. */
static void
hold_back(struct meter *meter, uint64_t bytes)
{
	int64_t now = timerfd_now(CLOCK_MONOTONIC);
	struct timespec due;

	/* Who was late for a while may not make up for it all at once. */
	if (meter->due < now - MOST_LAG)
		meter->due = now - MOST_LAG;
	meter->due += (int64_t)((double)bytes / (double)meter->rate * (double)NUM_SECOND);
	due = (struct timespec){ meter->due / NUM_SECOND, meter->due % NUM_SECOND };
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR)
		if (pipe_interrupted)
			pipe_interrupted();
}

static void
draw(struct meter *meter, bool last)
{
	struct buffer text = { 0 };
	bool known = meter->total != METER_UNKNOWN;

	meter_text(meter, &text);
	progress_draw(&meter->progress, (int64_t)meter->done, known ? (int64_t)meter->total : -1,
		      buffer_string(&text), last);
	buffer_done(&text);
}

void
meter_add(uint64_t bytes, void *context)
{
	struct meter *meter = context;

	meter->done += bytes;
	if (meter->rate)
		hold_back(meter, bytes);
	if (meter->draws && meter_time(meter) > QUIET)
		draw(meter, false);
}

void
meter_end(struct meter *meter)
{
	if (meter->progress.shown)
		draw(meter, true);
	progress_end(&meter->progress);
}

void
meter_text(const struct meter *meter, struct buffer *line)
{
	char size[NUM_SIZE_SIZE];
	double seconds = (double)meter_time(meter) / (double)NUM_SECOND;
	double speed = seconds > 0 ? (double)meter->done / seconds : 0;
	bool known = meter->total != METER_UNKNOWN;

	num_format_size(size, meter->done);
	buffer_text(line, size);
	if (known) {
		num_format_size(size, meter->total);
		buffer_print(line, " of %s", size);
	}
	if (meter->files > 1)
		buffer_print(line, ", %" PRIu64 " files", meter->files);
	num_format_size(size, (uint64_t)speed);
	buffer_print(line, ", %s/s", size);
	if (known && speed >= 1 && meter->done <= meter->total) {
		uint64_t left = (uint64_t)((double)(meter->total - meter->done) / speed + 0.5);

		buffer_print(line, ", %" PRIu64 ":%02" PRIu64 " left", left / 60, left % 60);
	}
}
