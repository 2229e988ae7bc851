/* SPDX-License-Identifier: MIT */
#include "event/source.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "cli/moment.h"
#include "cli/num.h"
#include "kernel/timerfd.h"
#include "memory.h"

/* As many bytes wait where the kernel says only that some do. */
enum { MANY = 1 << 16 };

void
source_open(struct source *source, int fd, size_t room, size_t largest)
{
	*source = (struct source){ .fd = fd, .room = room, .largest = largest };
	source->buffer = memory_get(room);
}

/* Reads behind what is in the buffer: 1, 0 when there is nothing, -1 errno. */
static int
read_on(struct source *source)
{
	size_t most = source->room - source->length;
	ssize_t size;

	if (source->at_once && most > source->at_once)
		most = source->at_once;
	do
		size = read(source->fd, source->buffer + source->length, most);
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return errno == EAGAIN ? 0 : -1;
	source->read_at = moment_now();
	source->length += (size_t)size;
	source->total += (size_t)size;
	source->emptied = most - (size_t)size >= source->largest;
	if (source->arrived)
		source->arrived(source, source->length - (size_t)size);
	return size > 0;
}

/* Reads the next records: 1, 0 when there are none, -1 errno. */
static int
fill(struct source *source)
{
	source->length = source->offset = 0;
	return source->fill ? source->fill(source) : read_on(source);
}

int
source_more(struct source *source, size_t most)
{
	bool emptied = source->emptied;
	int result;

	if (source->room - source->length < source->largest) {
		if (source->room >= most)
			return 0;
		source->room *= 2;
		source->buffer = memory_resize(source->buffer, source->room, 1);
	}
	result = read_on(source);
	source->emptied = emptied;
	return result;
}

int
source_sleep(struct source *source, struct pollfd *fds, size_t count,
	     const struct timespec *timeout)
{
	/* ppoll(2) refuses more of them than this process may have descriptors, even such as are none. */
	struct pollfd open[SOURCE_SLEEPERS + SOURCE_BESIDES],
		*whose[SOURCE_SLEEPERS + SOURCE_BESIDES];
	size_t besides = source ? source->besides_count : 0, opened = 0;
	int ready;

	if (source && source->sleep)
		return source->sleep(source, fds, count, timeout);
	for (size_t i = 0; i < count + besides; i++) {
		struct pollfd *one = i < count ? &fds[i] : &source->besides[i - count];

		if (i < count)
			one->revents = 0;
		if (one->fd < 0)
			continue;
		open[opened] = (struct pollfd){ .fd = one->fd, .events = one->events };
		whose[opened++] = one;
	}
	ready = ppoll(open, opened, timeout, NULL);
	for (size_t i = 0; i < opened && ready > 0; i++)
		whose[i]->revents |= open[i].revents;
	return ready;
}

/* Waits until the descriptor is ready or DEADLINE (CLOCK_MONOTONIC) is there: 1, 0, -1 errno. */
static int
wait_until(struct source *source, int64_t deadline)
{
	struct pollfd fd = { .fd = source->fd, .events = POLLIN };
	struct timespec space;
	int ready;

	do
		ready = source_sleep(source, &fd, 1, timerfd_until(deadline, &space));
	while (ready < 0 && errno == EINTR);
	return ready;
}

int
source_next(struct source *source, struct event *event, int64_t timeout)
{
	int64_t deadline = timeout ? timerfd_in(timeout) : 0;
	bool unsure =
		!source->nonblocking && timeout != NUM_FOREVER; /* reading might wait too long */

	for (;;) {
		int result = source->decode(source, event);

		if (result)
			return result;
		/* What has come since then is there the next time; asking now would be a call for nothing. */
		if (source->emptied && !timeout) {
			source->emptied = false;
			return 0;
		}
		if (unsure && (result = wait_until(source, deadline)) <= 0)
			return result;
		result = fill(source);
		if (result > 0)
			continue;
		if (result < 0 || !timeout)
			return result;
		if ((result = wait_until(source, deadline)) <= 0)
			return result;
	}
}

int
source_drain(struct source *source, bool (*each)(const struct event *event, void *context),
	     void *context)
{
	struct event event;
	int result;

	while ((result = source_next(source, &event, 0)) > 0)
		if (!each(&event, context))
			return 1;
	return result < 0 ? -1 : 1;
}

size_t
source_waiting(const struct source *source)
{
	struct pollfd fd = { .fd = source->fd, .events = POLLIN };
	int bytes;

	if (source->waiting)
		return source->waiting(source);
	if (ioctl(source->fd, FIONREAD, &bytes) < 0 || bytes < 0)
		bytes = poll(&fd, 1, 0) > 0 ? MANY : 0;
	return source->length - source->offset + (size_t)bytes;
}

void
source_close(struct source *source)
{
	if (source->fd >= 0)
		close(source->fd);
	free(source->buffer);
	*source = (struct source){ .fd = -1 };
}
