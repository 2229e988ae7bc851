/* SPDX-License-Identifier: MIT */
/*
 * Reads and writes that complete later: many are given to the kernel at once, and each is told when it is
 * done, in whatever order. Completion based: a descriptor need not be ready first.
 *
 * Three engines have the same calls. io_uring(7) does it all in the kernel; io_submit(2), Linux's native AIO,
 * only of files that are open with O_DIRECT, others are done while they are submitted; and threads of our own
 * do it everywhere.
 */
#ifndef BUTTER_AIO_H
#define BUTTER_AIO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "cli/say.h"

enum aio_kind {
	AIO_URING,
	AIO_NATIVE,
	AIO_THREADS,
};

enum { AIO_DEPTH_MAX = 1024 };

/*
 * One read or write. It and its pieces stay as they are from aio_submit on until aio_reap has given it
 * back.
 */
struct aio_request {
	int fd;
	bool writes;
	int flags;    /* RWF_..., preadv2(2) */
	off_t offset; /* in the file */
	const struct iovec *pieces;
	int count;                /* of them */
	ssize_t result;           /* bytes, which may be fewer than asked for; or -errno */
	struct aio_request *next; /* aio's own */
};

struct aio_list {
	struct aio_request *first, **last;
};

struct aio {
	const struct aio_engine *engine;
	void *state;          /* the engine's */
	unsigned depth;       /* how many can be in flight */
	unsigned busy;        /* how many are, or wait for aio_reap to start them */
	struct aio_list done; /* completed, and not given back yet */
	int error;            /* errno by which the engine has ceased to answer; 0: it works */
};

/* What an engine does: aio.c calls these. */
struct aio_engine {
	/* -1 with errno. */
	int (*begin)(struct aio *aio);
	void (*submit)(struct aio *aio, struct aio_request *request);
	/*
	 * Starts what was submitted; waits until one at least is done, and calls aio_completed for each
	 * that is. -1 with errno: the kernel does not answer any more.
	 */
	int (*wait)(struct aio *aio);
	void (*end)(struct aio *aio);
};

extern const struct aio_engine aio_uring;
extern const struct aio_engine aio_native;
extern const struct aio_engine aio_threads;

/* Advice for errors of aio_open. */
const struct hint *aio_hints(enum aio_kind kind);

/*
 * Opens an engine for DEPTH requests in flight, 1 to AIO_DEPTH_MAX. -1 with errno: ENOSYS (the kernel
 * has not got it), EPERM (kernel.io_uring_disabled, or a seccomp profile), EAGAIN (fs.aio-max-nr is
 * used up, or no more threads are allowed), ENOMEM (RLIMIT_MEMLOCK), EMFILE, ENFILE; io_uring_setup(2),
 * io_setup(2).
 */
int aio_open(struct aio *aio, enum aio_kind kind, unsigned depth);

/* REQUEST is to be done: it is with the next aio_reap at the latest. There must be room (busy < depth). */
void aio_submit(struct aio *aio, struct aio_request *request);

/*
 * The next request that is done, in no order; waits for one. NULL: none is in flight, or, with an error,
 * nobody knows: their memory has to stay for ever.
 */
struct aio_request *aio_reap(struct aio *aio);

/* For engines: REQUEST is done, with RESULT. */
void aio_completed(struct aio *aio, struct aio_request *request, ssize_t result);

/* Waits for all that is in flight, unless there is an error. */
void aio_close(struct aio *aio);

#endif
