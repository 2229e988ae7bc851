/* SPDX-License-Identifier: MIT */
#include "copy/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "kernel/pipe.h"
#include "kernel/timerfd.h"
#include "memory.h"

enum { REFILL = 1 << 18 }; /* bytes at once through memory */

#define PTMX makedev(5, 2) /* the number of /dev/ptmx, pts(4) */

uint64_t
output_holds(const struct output *output)
{
	return output->held_last - output->held_first + output->queued
	       + spill_holds(&output->spill);
}

bool
output_may_take(const struct output *output, size_t size)
{
	switch (output->policy) {
	case OUTPUT_DROP:
		return true;
	case OUTPUT_SPILL:
		return !output_holds(output) || spill_has_room(&output->spill, size);
	case OUTPUT_BLOCK:
	case OUTPUT_DETACH:
	default:
		return !output_holds(output);
	}
}

/* ---- opening and closing ---- */

/*
 * Another description of the terminal FD, whose STATUS that is, which writing to does not wait for; -1: there
 * is none. To open /dev/ptmx again makes another terminal.
 */
static int
reopen(int fd, const struct stat *status)
{
	char name[32];

	if (status->st_rdev == PTMX)
		return -1;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	return open(name, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

ssize_t
output_open(struct output *output, size_t size)
{
	int flags = fcntl(output->fd, F_GETFL);
	struct stat status;
	ssize_t room;

	output->pipe[0] = output->pipe[1] = output->terminal = -1;
	output->size = size;
	output->most = SIZE_MAX;
	if (!pipe_is_output(output->fd) || fstat(output->fd, &status) < 0)
		return -1;
	output->is_file = S_ISREG(status.st_mode) || S_ISBLK(status.st_mode);
	output->splices = !S_ISSOCK(status.st_mode)
			  || (flags > 0 && (flags & O_NONBLOCK) && pipe_is_stream(output->fd));
	if (S_ISCHR(status.st_mode) && isatty(output->fd)) {
		output->splices = false;
		output->terminal = reopen(output->fd, &status);
	}
	output->is_pipe = pipe_is_nameless(output->fd);
	if (S_ISFIFO(status.st_mode))
		pipe_widen(output->fd, size);
	output->is_open = true;
	room = pipe_open(output->pipe, size);
	return room < 0 ? 0 : room;
}

static void
close_pipe(struct output *output)
{
	for (int i = 0; i < 2 && output->pipe[0] >= 0; i++)
		close(output->pipe[i]);
	output->pipe[0] = output->pipe[1] = -1;
	output->queued = 0;
}

void
output_forget(struct output *output)
{
	/* What one that has failed holds is not lost because it was slow. */
	if (output->policy == OUTPUT_DROP && !output->error)
		output->dropped += output_holds(output);
	output->held_first = output->held_last = 0;
	close_pipe(output);
	spill_close(&output->spill);
}

void
output_close(struct output *output)
{
	output_forget(output);
	free(output->held);
	output->held = NULL;
	output->held_size = 0;
	output->is_open = false;
	if (output->terminal >= 0)
		close(output->terminal);
	output->terminal = -1;
}

/* ---- taking ---- */

/* Room for SIZE bytes behind what is held. */
static char *
make_room(struct output *output, size_t size)
{
	size_t held = output->held_last - output->held_first;

	if (output->held_last + size > output->held_size && output->held_first) {
		memmove(output->held, output->held + output->held_first, held);
		output->held_first = 0;
		output->held_last = held;
	}
	if (held + size > output->held_size) {
		output->held_size = held + size;
		output->held = memory_resize(output->held, output->held_size, 1);
	}
	return output->held + output->held_last;
}

static void
hold(struct output *output, const char *bytes, size_t size)
{
	memcpy(make_room(output, size), bytes, size);
	output->held_last += size;
}

/* Writes what goes without waiting; an error is kept for output_drain. How many bytes. */
static size_t
give(struct output *output, const char *bytes, size_t size)
{
	int fd = output->terminal >= 0 ? output->terminal : output->fd;
	size_t all = 0;
	ssize_t written;

	output->calls++;
	if (output->is_file) {
		if (pipe_write(fd, bytes, size, &all) < 0)
			output->error = errno;
	} else {
		do
			written = pipe_write_now(fd, bytes, MIN(size, output->most));
		while (written < 0 && errno == EMSGSIZE
		       && (output->most = MIN(size, output->most) / 2));
		if (written < 0 && errno != EAGAIN)
			output->error = errno;
		all = written > 0 ? (size_t)written : 0;
	}
	output->bytes += all;
	output->copied += all;
	return all;
}

static void
begin_to_wait(struct output *output)
{
	if (!output_holds(output))
		output->since = timerfd_now(CLOCK_MONOTONIC);
}

void
output_put(struct output *output, const char *bytes, size_t size)
{
	size_t most = SIZE_MAX;

	begin_to_wait(output);
	if (output->policy == OUTPUT_SPILL && output_holds(output)) {
		output->spilled += size;
		spill_put(&output->spill, bytes, size);
		return;
	}
	if (!output_holds(output) && !output->error) {
		size_t given = give(output, bytes, size);

		bytes += given;
		size -= given;
	}
	if (output->policy == OUTPUT_DROP)
		most = output->size > output_holds(output)
			       ? output->size - (size_t)output_holds(output)
			       : 0;
	if (size > most) {
		output->dropped += size - most;
		size = most;
	}
	if (size)
		hold(output, bytes, size);
}

ssize_t
output_tee(struct output *output, int source, size_t size, bool keep)
{
	ssize_t got;

	if (output->policy == OUTPUT_SPILL && output_holds(output)) {
		errno = EAGAIN;
		return -1;
	}
	begin_to_wait(output);
	output->calls++;
	got = keep ? pipe_tee_now(source, output->pipe[1], size)
		   : pipe_splice_now(source, output->pipe[1], size);
	if (got < 0 && errno != EAGAIN)
		return -1;
	got = got < 0 ? 0 : got;
	output->queued += (size_t)got;
	if (output->policy != OUTPUT_DROP)
		return got;
	output->dropped += size - (size_t)got;
	return (ssize_t)size;
}

/* Reads what its pipe holds, SIZE bytes at most, behind what is held. Whether there was some. */
static bool
refill_from_pipe(struct output *output, size_t size)
{
	ssize_t taken = pipe_read(output->pipe[0], make_room(output, size), size);

	output->calls++;
	if (taken <= 0) {
		output->error = taken ? errno : EIO;
		return false;
	}
	output->held_last += (size_t)taken;
	output->queued -= (size_t)taken;
	return true;
}

void
output_leave_pipe(struct output *output)
{
	while (output->queued && refill_from_pipe(output, output->queued))
		;
	close_pipe(output);
}

/* ---- passing on ---- */

/* Out of its pipe, by reference; 0: not now, or never. */
static size_t
splice_queued(struct output *output)
{
	ssize_t gone = pipe_splice_now(output->pipe[0], output->fd, output->queued);

	output->calls++;
	if (gone < 0 && pipe_is_refusal(errno))
		output->splices = false;
	else if (gone < 0 && errno != EAGAIN)
		output->error = errno;
	if (gone <= 0)
		return 0;
	output->queued -= (size_t)gone;
	output->bytes += (size_t)gone;
	return (size_t)gone;
}

static bool
refill_from_disk(struct output *output)
{
	ssize_t taken = spill_take(&output->spill, make_room(output, REFILL), REFILL);

	output->calls++;
	if (taken < 0)
		output->error = errno;
	else
		output->held_last += (size_t)taken;
	return taken > 0;
}

static bool
refill(struct output *output)
{
	if (output->queued)
		return refill_from_pipe(output, output->queued < REFILL ? output->queued : REFILL);
	return refill_from_disk(output);
}

/* One call; how many bytes have gone. */
static size_t
pass_on(struct output *output)
{
	size_t held = output->held_last - output->held_first, given;

	if (!held && output->queued && output->splices) {
		given = splice_queued(output);
		if (given || output->splices || output->error)
			return given;
	}
	if (!held && !refill(output))
		return 0;
	held = output->held_last - output->held_first;
	given = give(output, output->held + output->held_first, held);
	output->held_first += given;
	if (output->held_first == output->held_last)
		output->held_first = output->held_last = 0;
	return given;
}

ssize_t
output_drain(struct output *output)
{
	size_t all = 0, once;

	/* No more at once than fills its queue: the others want their turn. */
	while (output_holds(output) && !output->error && all < output->size) {
		once = pass_on(output);
		if (!once)
			break;
		all += once;
	}
	if (all)
		output->since = timerfd_now(CLOCK_MONOTONIC);
	if (!all && output->error) {
		errno = output->error;
		return -1;
	}
	return (ssize_t)all;
}
