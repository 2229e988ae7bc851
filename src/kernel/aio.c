/* SPDX-License-Identifier: MIT */
#include "kernel/aio.h"

#include <errno.h>

static const struct aio_engine *const engines[] = {
	[AIO_URING] = &aio_uring,
	[AIO_NATIVE] = &aio_native,
	[AIO_THREADS] = &aio_threads,
};

const struct hint *
aio_hints(enum aio_kind kind)
{
	static const struct hint uring[] = {
		{ EPERM, "kernel.io_uring_disabled or a container's seccomp profile forbids it" },
		{ ENOSYS, "this kernel has no io_uring" },
		{ ENOMEM, "raise ulimit -l, or -v" },
		{ ESPIPE, "it is for files and disks" },
		{ 0 },
	}, native[] = {
		{ EAGAIN, "raise fs.aio-max-nr" },
		{ EPERM, "a container's seccomp profile forbids it" },
		{ ENOSYS, "this kernel has no native AIO" },
		{ ESPIPE, "it is for files and disks" },
		{ 0 },
	}, threads[] = {
		{ EAGAIN, "raise ulimit -u, or the pids limit of the container" },
		{ ESPIPE, "it is for files and disks" },
		{ 0 },
	};

	return kind == AIO_URING ? uring : kind == AIO_NATIVE ? native : threads;
}

int
aio_open(struct aio *aio, enum aio_kind kind, unsigned depth)
{
	*aio = (struct aio){ .engine = engines[kind], .depth = depth };
	aio->done.last = &aio->done.first;
	return aio->engine->begin(aio);
}

void
aio_submit(struct aio *aio, struct aio_request *request)
{
	aio->busy++;
	aio->engine->submit(aio, request);
}

void
aio_completed(struct aio *aio, struct aio_request *request, ssize_t result)
{
	request->result = result;
	request->next = NULL;
	*aio->done.last = request;
	aio->done.last = &request->next;
}

struct aio_request *
aio_reap(struct aio *aio)
{
	struct aio_request *request;

	while (!aio->done.first && aio->busy && !aio->error)
		if (aio->engine->wait(aio) < 0)
			aio->error = errno;
	request = aio->done.first;
	if (!request)
		return NULL;
	aio->done.first = request->next;
	if (!request->next)
		aio->done.last = &aio->done.first;
	aio->busy--;
	return request;
}

void
aio_close(struct aio *aio)
{
	while (aio_reap(aio))
		;
	aio->engine->end(aio);
	aio->state = NULL;
}
