/* SPDX-License-Identifier: MIT */
#include "copy/block.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/param.h>
#include <unistd.h>

#include "kernel/pipe.h"
#include "memory.h"

enum { PAGE = 4096 };

char *
block_bytes(void)
{
	/* Aligned by hand: a static that asks for a page has all others begin on a new one. */
	static char space[BLOCK_SIZE + PAGE];

	return space + (-(uintptr_t)space & (PAGE - 1));
}

/* SIZE bytes: the same, where these are enough. */
static char *
wide(size_t size)
{
	static char *space;
	static size_t room;

	if (size <= BLOCK_SIZE)
		return block_bytes();
	if (size > room) {
		space = memory_resize(space, size, 1);
		room = size;
	}
	return space;
}

ssize_t
block_read(int in, char *bytes, size_t room, size_t wanted)
{
	ssize_t taken = pipe_read(in, bytes, wanted);
	off_t at, before;
	int error;

	if (taken >= 0 || errno != EINVAL)
		return taken;
	at = lseek(in, 0, SEEK_CUR);
	before = at > 0 ? at % PAGE : 0;
	errno = EINVAL;
	if ((!before && wanted >= room) || (before && lseek(in, at - before, SEEK_SET) < 0))
		return -1;
	taken = pipe_read(in, bytes, room);
	error = errno;
	if (taken <= before) {
		if (before)
			lseek(in, at, SEEK_SET);
		errno = error;
		return taken < 0 ? -1 : 0;
	}
	taken -= before;
	memmove(bytes, bytes + before, (size_t)taken);
	if (!before && taken <= (ssize_t)wanted)
		return taken;
	taken = MIN(taken, (ssize_t)wanted);
	lseek(in, at + taken, SEEK_SET);
	return taken;
}

ssize_t
block_take(int in, bool stream, uint64_t wanted, char **bytes)
{
	size_t next = stream ? 0 : pipe_next_size(in), room = MAX(next, BLOCK_SIZE);

	*bytes = wide(room);
	return block_read(in, *bytes, room, MIN(room, wanted));
}
