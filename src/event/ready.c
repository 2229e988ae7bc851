/* SPDX-License-Identifier: MIT */
#include "event/ready.h"

#include "cli/moment.h"
#include "process/descriptors.h"

enum { ENDINGS = POLLHUP | POLLERR };

const struct name ready_names[] = {
	{ "in", POLLIN, "ready", "ready" },         { "pri", POLLPRI, "priority", "priority" },
	{ "out", POLLOUT, "writable", "writable" }, { "hup", POLLHUP, "hangup", "hangup" },
	{ "err", POLLERR, "error", "error" },       { "" },
};

static int
fill(struct source *source)
{
	struct ready *ready = (struct ready *)source;

	source->read_at = moment_now();
	ready->seen = ready->own.revents & (ready->asked | ENDINGS);
	/* Files such as mountinfo say both for one. */
	if (ready->own.revents & POLLPRI)
		ready->seen &= (short)~POLLERR;
	ready->own.revents = 0;
	return ready->seen != 0;
}

static int
decode(struct source *source, struct event *event)
{
	struct ready *ready = (struct ready *)source;
	short next = ready->seen & (short)-ready->seen;

	if (!next)
		return 0;
	ready->seen &= (short)~next;
	*event = (struct event){ .time = source->read_at,
				 .names = ready_names,
				 .what = (uint64_t)next,
				 .has_value = true,
				 .value = ready->fd };
	/* (It stays open: the merge takes it out.) */
	if (next & ENDINGS && !ready->seen)
		source->besides_count = 0;
	return 1;
}

int
ready_open(struct ready *ready, int fd, short asked)
{
	*ready = (struct ready){ .fd = fd, .asked = asked };
	ready->own = (struct pollfd){ .fd = descriptors_copy(fd), .events = asked | POLLPRI };
	if (ready->own.fd < 0)
		return -1;
	ready->source = (struct source){ .fd = -1,
					 .nonblocking = true,
					 .besides = &ready->own,
					 .besides_count = 1,
					 .edge = true,
					 .fill = fill,
					 .decode = decode };
	/* What it tells once, and has told nobody yet. */
	if (poll(&ready->own, 1, 0) >= 0)
		ready->own.revents &= POLLPRI;
	return 0;
}
