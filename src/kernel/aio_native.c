/* SPDX-License-Identifier: MIT */
/* Linux's native AIO, io_submit(2), by libaio. */
#include <libaio.h>
#include <stdlib.h>

#include "kernel/aio.h"
#include "memory.h"

struct native {
	io_context_t context;
	unsigned waiting;       /* submitted here, but not to the kernel yet */
	struct iocb *free;      /* a chain by data */
	struct iocb **start;    /* those that wait */
	struct io_event *ended; /* room for what is done */
	struct iocb blocks[];
};

static int
open_context(struct aio *aio)
{
	struct native *native =
		memory_get(sizeof(*native) + aio->depth * sizeof(native->blocks[0]));
	int result = io_setup((int)aio->depth, &native->context);

	if (result < 0) {
		free(native);
		errno = -result;
		return -1;
	}
	native->start = memory_resize(NULL, aio->depth, sizeof(*native->start));
	native->ended = memory_resize(NULL, aio->depth, sizeof(*native->ended));
	for (unsigned i = 0; i < aio->depth; i++) {
		native->blocks[i].data = native->free;
		native->free = &native->blocks[i];
	}
	aio->state = native;
	return 0;
}

static void
submit(struct aio *aio, struct aio_request *request)
{
	struct native *native = aio->state;
	struct iocb *block = native->free;

	native->free = block->data;
	if (request->writes)
		io_prep_pwritev2(block, request->fd, request->pieces, request->count,
				 request->offset, request->flags);
	else
		io_prep_preadv2(block, request->fd, request->pieces, request->count,
				request->offset, request->flags);
	block->data = request;
	native->start[native->waiting++] = block;
}

static void
complete(struct aio *aio, struct iocb *block, ssize_t result)
{
	struct native *native = aio->state;
	struct aio_request *request = block->data;

	block->data = native->free;
	native->free = block;
	aio_completed(aio, request, result);
}

/* Gives the kernel those that wait: of the first one that it refuses, the error is the result. */
static void
start(struct aio *aio)
{
	struct native *native = aio->state;
	unsigned from = 0;

	while (from < native->waiting) {
		int result = io_submit(native->context, (long)(native->waiting - from),
				       native->start + from);

		if (result > 0)
			from += (unsigned)result;
		else if (result == -EINTR
			 || (result == -EAGAIN && aio->busy > native->waiting - from))
			break; /* there is room when others are done */
		else
			complete(aio, native->start[from++], result ? result : -EAGAIN);
	}
	native->waiting -= from;
	for (unsigned i = 0; i < native->waiting; i++)
		native->start[i] = native->start[from + i];
}

static int
wait_for_some(struct aio *aio)
{
	struct native *native = aio->state;
	int count;

	start(aio);
	if (aio->done.first || aio->busy == native->waiting)
		return 0;
	count = io_getevents(native->context, 1, (long)aio->depth, native->ended, NULL);
	for (int i = 0; i < count; i++)
		complete(aio, native->ended[i].obj, (ssize_t)native->ended[i].res);
	if (count >= 0 || count == -EINTR)
		return 0;
	errno = -count;
	return -1;
}

static void
close_context(struct aio *aio)
{
	struct native *native = aio->state;

	io_destroy(native->context);
	free(native->start);
	free(native->ended);
	free(native);
}

const struct aio_engine aio_native = { open_context, submit, wait_for_some, close_context };
