/* SPDX-License-Identifier: MIT */
#include "event/ready.h"

#include <errno.h>
#include <unistd.h>

#include "cli/moment.h"
#include "kernel/epoll.h"

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
	struct epoll_ready found[EPOLL_AT_ONCE];
	int count;

	if (!ready->set.revents)
		return 0;
	ready->set.revents = 0;
	count = epoll_look(ready->set.fd, found);
	if (count < 0)
		return -1;
	source->read_at = moment_now();
	if (count)
		ready->seen = found[0].revents & (ready->asked | ENDINGS);
	else
		/* A file such as mountinfo has told poll(2) already, and tells it once. */
		ready->seen = ready->asked & POLLPRI;
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
	if (next & ENDINGS && !ready->seen) {
		close(ready->set.fd);
		source->besides_count = 0;
	}
	return 1;
}

int
ready_open(struct ready *ready, int fd, short asked)
{
	int set = epoll_open(), error;

	*ready = (struct ready){ .fd = fd, .asked = asked };
	if (set < 0)
		return -1;
	if (epoll_add_edge(set, fd, asked, 0) < 0) {
		error = errno;
		close(set);
		errno = error;
		return -1;
	}
	ready->set = (struct pollfd){ .fd = set, .events = POLLIN };
	ready->source = (struct source){ .fd = -1,
					 .nonblocking = true,
					 .besides = &ready->set,
					 .besides_count = 1,
					 .fill = fill,
					 .decode = decode };
	return 0;
}
