/* SPDX-License-Identifier: MIT */
#include "event/pressure.h"

#include <errno.h>

#include "cli/moment.h"

const struct name pressure_names[] = {
	{ "pressure", PRESSURE, "pressure" },
	{ "" },
};

/* There is nothing to be read: who slept on it was told all, and once. */
static int
fill(struct source *source)
{
	struct pressure *pressure = (struct pressure *)source;

	source->read_at = moment_now();
	return pressure->trigger.revents != 0;
}

static int
decode(struct source *source, struct event *event)
{
	struct pressure *pressure = (struct pressure *)source;
	short seen = pressure->trigger.revents;

	pressure->trigger.revents = 0;
	if (seen & (POLLERR | POLLNVAL)) {
		errno = ENODEV;
		return -1;
	}
	if (!seen)
		return 0;
	*event = (struct event){ .time = moment_now(), .names = pressure_names, .what = PRESSURE };
	event_set_path(event, pressure->path, strlen(pressure->path));
	return 1;
}

void
pressure_open(struct pressure *pressure, int fd, const char *path)
{
	*pressure = (struct pressure){
		.source = { .fd = -1,
			    .nonblocking = true,
			    .edge = true,
			    .fill = fill,
			    .decode = decode },
		.trigger = { .fd = fd, .events = POLLPRI },
		.path = path,
	};
	pressure->source.besides = &pressure->trigger;
	pressure->source.besides_count = 1;
}
