/* SPDX-License-Identifier: MIT */
/* io_uring(7), by liburing. */
#include <liburing.h>
#include <stdlib.h>
#include <time.h>

#include "kernel/aio.h"
#include "memory.h"

enum { MOST_TRIES = 10000 }; /* a millisecond each */

/* What saves interrupts and locks where the kernel knows it, the best first: io_uring_setup(2). */
static const unsigned flags[] = {
	IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN,
	IORING_SETUP_COOP_TASKRUN,
	0,
};

static int
open_ring(struct aio *aio)
{
	struct io_uring *ring = memory_get(sizeof(*ring));
	int result = -EINVAL;

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags) && result == -EINVAL; i++)
		result = io_uring_queue_init(aio->depth, ring, flags[i]);
	if (result < 0) {
		free(ring);
		errno = -result;
		return -1;
	}
	aio->state = ring;
	return 0;
}

static void
submit(struct aio *aio, struct aio_request *request)
{
	/* There is one: the ring has as many as can be in flight. */
	struct io_uring_sqe *entry = io_uring_get_sqe(aio->state);

	if (request->writes)
		io_uring_prep_writev2(entry, request->fd, request->pieces, (unsigned)request->count,
				      (__u64)request->offset, request->flags);
	else
		io_uring_prep_readv2(entry, request->fd, request->pieces, (unsigned)request->count,
				     (__u64)request->offset, request->flags);
	io_uring_sqe_set_data(entry, request);
}

/* Starts what was submitted, and waits for one. */
static int
enter(struct io_uring *ring)
{
	struct timespec moment = { .tv_nsec = 1000000 };
	int result = 0;

	/* What a shortage of memory has refused is done when others are. */
	for (int i = 0; i < MOST_TRIES; i++) {
		result = io_uring_submit_and_wait(ring, 1);
		if (result >= 0 || result == -EINTR || io_uring_cq_ready(ring))
			return 0;
		if (result != -EAGAIN && result != -EBUSY)
			break;
		nanosleep(&moment, NULL);
	}
	errno = -result;
	return -1;
}

static int
wait_for_some(struct aio *aio)
{
	struct io_uring *ring = aio->state;
	struct io_uring_cqe *entry;
	unsigned head, count = 0;

	if (enter(ring) < 0)
		return -1;
	io_uring_for_each_cqe(ring, head, entry)
	{
		aio_completed(aio, io_uring_cqe_get_data(entry), entry->res);
		count++;
	}
	io_uring_cq_advance(ring, count);
	return 0;
}

static void
close_ring(struct aio *aio)
{
	io_uring_queue_exit(aio->state);
	free(aio->state);
}

const struct aio_engine aio_uring = { open_ring, submit, wait_for_some, close_ring };
