/* SPDX-License-Identifier: MIT */
#include "copy/fan.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "copy/block.h"
#include "kernel/pipe.h"
#include "kernel/timerfd.h"
#include "memory.h"

enum { SMALL = 1 << 15 }; /* files up to this size are not worth a pipe */

#define MILLISECOND 1000000

/* Patience is waited for in so many parts: so it is seen how long this process itself was stopped. */
enum { SLICES = 8 };

/* The next output after OUTPUT (NULL: the first) that is open, or NULL. */
static struct output *
next(const struct fan *fan, const struct output *output)
{
	struct output *end = fan->outputs + fan->count;
	struct output *one = output ? fan->outputs + (output - fan->outputs) + 1 : fan->outputs;

	while (one < end && !one->is_open)
		one++;
	return one < end ? one : NULL;
}

static void
end(struct fan *fan, struct output *output, enum fan_end why)
{
	if (!fan->ended(output, why, fan->context))
		fan->is_over = true;
}

/* ---- through memory ---- */

/* SIZE bytes, AT bytes behind the begin of a round, to those that have not got them yet. */
static void
put_all(struct fan *fan, const char *bytes, size_t at, size_t size)
{
	for (struct output *output = NULL; (output = next(fan, output));) {
		size_t got = output->got > at ? MIN(output->got - at, size) : 0;

		if (got < size)
			output_put(output, bytes + got, size - got);
	}
}

/* From now on without pipes; LEFT bytes of a round of SIZE are in the source yet. */
static int
leave_pipes(struct fan *fan, size_t size, size_t left)
{
	fan->by_memory = true;
	for (struct output *output = NULL; (output = next(fan, output));)
		output_leave_pipe(output);
	while (left) {
		ssize_t taken = pipe_read(fan->source[0], block_bytes(), MIN(BLOCK_SIZE, left));

		fan->calls++;
		if (taken <= 0)
			return -1;
		put_all(fan, block_bytes(), size - left, (size_t)taken);
		left -= (size_t)taken;
	}
	return 0;
}

/* 1: some bytes, or the end; 0: none now; -1 with errno. */
static int
take_by_memory(struct fan *fan)
{
	struct pollfd ready = { .fd = fan->in, .events = POLLIN };
	ssize_t taken;
	char *bytes;

	if (fan->asks && pipe_poll(&ready, 1, 0) == 0)
		return 0;
	taken = block_take(fan->in, fan->is_stream, UINT64_MAX, &bytes);
	fan->calls++;
	/* That a terminal has hung up, read(2) tells only who is waiting in it. */
	if (taken == 0 && fan->is_device && ready.revents & POLLERR) {
		errno = EIO;
		return -1;
	}
	if (taken < 0)
		return -1;
	fan->is_over = taken == 0;
	for (struct output *output = NULL; (output = next(fan, output));)
		output->got = 0;
	put_all(fan, bytes, 0, (size_t)taken);
	fan->copied += (size_t)taken;
	fan->moved((uint64_t)taken, fan->context);
	return 1;
}

/* ---- by pipes ---- */

/* What the source holds, SIZE bytes that stay there, to OUTPUT through memory. Whether that worked. */
static bool
show(struct fan *fan, struct output *output, size_t size)
{
	size_t left = size;

	if (fan->scratch[0] < 0 && pipe_open(fan->scratch, fan->room) < (ssize_t)fan->room)
		return false;
	fan->calls++;
	if (pipe_tee_now(fan->source[0], fan->scratch[1], size) != (ssize_t)size)
		return false;
	while (left) {
		ssize_t taken = pipe_read(fan->scratch[0], block_bytes(), MIN(BLOCK_SIZE, left));

		fan->calls++;
		if (taken <= 0)
			return false;
		output_put(output, block_bytes(), (size_t)taken);
		output->got += (size_t)taken;
		left -= (size_t)taken;
	}
	return true;
}

/* What the source holds, SIZE bytes, to OUTPUT; they stay there if KEEP. Whether it has got them all. */
static bool
give(struct fan *fan, struct output *output, size_t size, bool keep)
{
	ssize_t got = output_tee(output, fan->source[0], size, keep);

	if (got < 0 && errno == EAGAIN)
		return show(fan, output, size);
	output->got = got < 0 ? 0 : (size_t)got;
	return output->got == size;
}

/* Empties the source, which holds SIZE bytes that all have got. */
static bool
discard(struct fan *fan, size_t size)
{
	while (size) {
		ssize_t taken = pipe_read(fan->source[0], block_bytes(), MIN(BLOCK_SIZE, size));

		fan->calls++;
		if (taken <= 0)
			return false;
		size -= (size_t)taken;
	}
	return true;
}

/* The SIZE bytes in the source to all. -1 with errno. */
static int
spread(struct fan *fan, size_t size)
{
	struct output *last = NULL; /* who takes them out of the source */
	bool all = true;

	for (struct output *output = NULL; (output = next(fan, output));) {
		output->got = 0;
		last = output_holds(output) ? last : output;
	}
	for (struct output *output = NULL; (output = next(fan, output));)
		all = all && (output == last || give(fan, output, size, true));
	if (!all)
		return leave_pipes(fan, size, size);
	if (!last)
		return discard(fan, size) ? 0 : -1;
	return give(fan, last, size, false) ? 0 : leave_pipes(fan, size, size - last->got);
}

/* As take_by_memory. */
static int
take_by_pipe(struct fan *fan)
{
	int packets = fan->is_unproved ? pipe_gives_packets(fan->in, false) : 0;
	ssize_t taken;

	if (packets < 0)
		return 0;
	fan->is_unproved = false;
	fan->is_stream = !packets;
	if (packets)
		return leave_pipes(fan, 0, 0) < 0 ? -1 : take_by_memory(fan);
	taken = pipe_splice_now(fan->in, fan->source[1], fan->room);
	fan->calls++;
	if (taken < 0 && errno == EAGAIN)
		return 0;
	if (taken < 0 && !pipe_is_refusal(errno))
		return -1;
	/* Of a file, some file systems say too early that there is no more. */
	if (taken < 0 || (taken == 0 && fan->is_file))
		return leave_pipes(fan, 0, 0) < 0 ? -1 : take_by_memory(fan);
	fan->is_over = taken == 0;
	if (spread(fan, (size_t)taken) < 0)
		return -1;
	fan->moved((uint64_t)taken, fan->context);
	return 1;
}

/* ---- the loop ---- */

static bool
may_take(const struct fan *fan)
{
	if (fan->is_over)
		return false;
	for (struct output *output = NULL; (output = next(fan, output));)
		if (output->error
		    || !output_may_take(output, fan->by_memory ? BLOCK_SIZE : fan->room))
			return false;
	return true;
}

/* Whether something has gone, or somebody. */
static bool
drain(struct fan *fan)
{
	bool some = false;

	for (struct output *output = NULL; (output = next(fan, output));) {
		ssize_t gone = output_holds(output) || output->error ? output_drain(output) : 0;

		if (gone < 0)
			end(fan, output, FAN_FAILED);
		some |= gone != 0;
	}
	return some;
}

/* Nanoseconds until OUTPUT is too slow; negative: never. */
static int64_t
time_left(const struct fan *fan, const struct output *output, int64_t now)
{
	int64_t left = fan->patience - (now - output->since);

	if (!output_holds(output)
	    || (output->policy != OUTPUT_DETACH
		&& (output->policy != OUTPUT_DROP || !fan->is_over)))
		return -1;
	return left > 0 ? left : 0;
}

/* Those that have all, and those that are too slow, leave. Milliseconds until the next one may be; -1. */
static int
part(struct fan *fan)
{
	int64_t now = timerfd_now(CLOCK_MONOTONIC), least_left = -1;

	for (struct output *output = NULL; (output = next(fan, output));) {
		int64_t left = time_left(fan, output, now);

		if (left == 0)
			end(fan, output, FAN_SLOW);
		else if (fan->is_over && !output_holds(output) && !output->error)
			end(fan, output, FAN_DONE);
		else if (left > 0 && (least_left < 0 || left < least_left))
			least_left = left;
	}
	if (least_left < 0)
		return -1;
	least_left = (MIN(least_left, fan->patience / SLICES) + MILLISECOND - 1) / MILLISECOND;
	return least_left < INT32_MAX ? (int)least_left : INT32_MAX;
}

/*
 * Until something can come or go, or somebody has left, or for MS milliseconds. Whoever waits for room, where
 * that is not allowed, has failed; false: who waits for more to come.
 */
static bool
wait(struct fan *fan, int ms)
{
	int64_t begun = timerfd_now(CLOCK_MONOTONIC), late;
	struct pollfd *polled = memory_get((fan->count + 1) * sizeof(*polled));
	bool takes = may_take(fan);
	int result, error;

	for (size_t i = 0; i < fan->count; i++) {
		const struct output *output = &fan->outputs[i];
		bool idle = !output_holds(output);

		/* Of who waits for nothing only the end of a pipe's last reader is of interest. */
		polled[i] = (struct pollfd){ output->fd, idle ? 0 : POLLOUT, 0 };
		if (!output->is_open || (idle && !output->is_pipe))
			polled[i].fd = -1;
	}
	polled[fan->count] = (struct pollfd){ takes ? fan->in : -1, POLLIN, 0 };
	result = pipe_poll(polled, fan->count + 1, ms);
	error = errno;
	late = timerfd_now(CLOCK_MONOTONIC) - begun - (int64_t)ms * MILLISECOND;
	/* Who stops a whole pipeline, by Ctrl-Z, stops the readers: that is not their being slow. */
	for (size_t i = 0; i < fan->count && ms >= 0 && late > 0; i++)
		fan->outputs[i].since += late;
	for (size_t i = 0; i < fan->count; i++)
		if (result < 0 && polled[i].events && polled[i].fd >= 0)
			fan->outputs[i].error = error;
		else if (polled[i].revents & POLLERR && !polled[i].events)
			fan->outputs[i].error = EPIPE;
	free(polled);
	return result >= 0 || !takes;
}

int
fan_add(struct fan *fan, struct output *output)
{
	ssize_t room = output_open(output, fan->pipe_size);

	if (room < 0)
		return -1;
	if (!fan->room || (size_t)room < fan->room)
		fan->room = (size_t)room;
	fan->by_memory |= room == 0;
	return 0;
}

static int
begin(struct fan *fan)
{
	struct iovec nothing = { 0 };
	struct stat status;

	fan->source[0] = fan->source[1] = fan->scratch[0] = fan->scratch[1] = -1;
	if (fstat(fan->in, &status) < 0)
		return -1;
	/* What can be waited for, but never be read, such as a pidfd. */
	if (readv(fan->in, &nothing, 1) < 0 && (errno == EINVAL || errno == EBADF))
		return -1;
	fan->is_file = S_ISREG(status.st_mode) || S_ISBLK(status.st_mode);
	fan->asks = !fan->is_file;
	fan->is_device = S_ISCHR(status.st_mode);
	fan->is_unproved = S_ISFIFO(status.st_mode);
	fan->is_stream = fan->is_unproved || pipe_gives_stream(fan->in, &status);
	if (!fan->is_stream || (S_ISREG(status.st_mode) && status.st_size <= SMALL)
	    || isatty(fan->in))
		fan->by_memory = true;
	if (S_ISFIFO(status.st_mode))
		pipe_widen(fan->in, fan->pipe_size);
	if (!fan->by_memory) {
		ssize_t room = pipe_open(fan->source, fan->room);

		fan->by_memory = room < 0 || (size_t)room > fan->room;
	}
	return fan->by_memory ? leave_pipes(fan, 0, 0) : 0;
}

static void
finish(struct fan *fan)
{
	for (int i = 0; i < 2; i++) {
		if (fan->source[i] >= 0)
			close(fan->source[i]);
		if (fan->scratch[i] >= 0)
			close(fan->scratch[i]);
	}
}

int
fan_run(struct fan *fan)
{
	int error = begin(fan) < 0 ? errno : 0;

	fan->is_over = error != 0;
	while (next(fan, NULL)) {
		int took = 0, ms;

		if (may_take(fan))
			took = fan->by_memory ? take_by_memory(fan) : take_by_pipe(fan);
		if (took < 0) {
			error = errno;
			fan->is_over = true;
		}
		if (drain(fan) || took)
			continue;
		ms = part(fan);
		if (next(fan, NULL) && !wait(fan, ms)) {
			leave_pipes(fan, 0, 0);
			fan->asks = false;
		}
	}
	finish(fan);
	errno = error;
	return error ? -1 : 0;
}
