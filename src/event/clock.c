/* SPDX-License-Identifier: MIT */
#include "event/clock.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "cli/moment.h"
#include "kernel/timerfd.h"

const struct name clock_names[] = {
	{ "alarm", CLOCK_ALARM, "alarm" },
	{ "clock_change", CLOCK_CHANGE, "clock_change" },
	{ "" },
};

/* A moment that nobody lives to see, of those that the kernel knows. */
#define NEVER (INT64_MAX / 2)

/* Arms FD for MOMENT. A change that has not been read yet makes settime(2) fail although it has armed. */
static int
arm(int fd, int64_t moment)
{
	return timerfd_arm(fd, moment, 0, true, true) < 0 && errno != ECANCELED ? -1 : 0;
}

static int
open_at(struct source *source, int64_t moment)
{
	int fd = timerfd_open(CLOCK_REALTIME), error;

	if (fd >= 0 && arm(fd, moment) < 0) {
		error = errno;
		close(fd);
		errno = error;
		fd = -1;
	}
	source->fd = fd;
	return fd < 0 ? -1 : 0;
}

/*
 * When the clock was set, the next HH:MM may be another one. But a moment that has passed with that has come,
 * and is not put off to the next day.
 */
static int
settle(struct alarm *alarm)
{
	int64_t now = moment_now();

	if (now < alarm->moment && moment_parse(alarm->text, now, &alarm->moment) < 0)
		return -1;
	return arm(alarm->source.fd, alarm->moment);
}

/* (What is in the buffer is told of by its length alone: there is one record or none.) */
static int
fill_alarm(struct source *source)
{
	struct alarm *alarm = (struct alarm *)source;

	if (timerfd_wait(source->fd) < 0) {
		if (errno == ECANCELED && settle(alarm) == 0)
			return 0;
		return -1;
	}
	source->read_at = moment_now();
	source->length = 1;
	return 1;
}

static int
decode_alarm(struct source *source, struct event *event)
{
	if (source->offset == source->length)
		return 0;
	source->offset = source->length;
	close(source->fd);
	source->fd = -1;
	*event = (struct event){ .time = source->read_at,
				 .names = clock_names,
				 .what = CLOCK_ALARM };
	return 1;
}

int
alarm_open(struct alarm *alarm, const char *text)
{
	*alarm = (struct alarm){ .source = { .fd = -1, .fill = fill_alarm, .decode = decode_alarm },
				 .text = text };
	if (moment_parse(text, moment_now(), &alarm->moment) < 0)
		return -1;
	return open_at(&alarm->source, alarm->moment);
}

static int
fill_change(struct source *source)
{
	if (timerfd_wait(source->fd) == 0)
		return 0;
	if (errno != ECANCELED)
		return -1;
	source->read_at = moment_now();
	source->length = 1;
	return 1;
}

static int
decode_change(struct source *source, struct event *event)
{
	struct clock_changes *changes = (struct clock_changes *)source;
	int64_t ahead = moment_ahead();

	if (source->offset == source->length)
		return 0;
	source->offset = source->length;
	*event = (struct event){ .time = source->read_at,
				 .names = clock_names,
				 .what = CLOCK_CHANGE,
				 .has_value = true,
				 .value = ahead - changes->ahead };
	changes->ahead = ahead;
	return 1;
}

int
clock_changes_open(struct clock_changes *changes)
{
	*changes = (struct clock_changes){
		.source = { .fd = -1, .fill = fill_change, .decode = decode_change },
		.ahead = moment_ahead(),
	};
	return open_at(&changes->source, NEVER);
}
