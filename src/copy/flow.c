/* SPDX-License-Identifier: MIT */
#include "copy/flow.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "memory.h"

enum { MOST_TRIES = 10000 }; /* a millisecond each */

/* One block on its way: being read, and then being written. */
struct cell {
	struct aio_request request; /* the first: a request that comes back is a cell */
	struct iovec piece;
	char *bytes;
	off_t at;          /* in the input */
	size_t size, done; /* bytes: of it, and of those how many are read, or written */
	struct cell *free;
	bool busy; /* with the engine */
};

struct run {
	struct flow *flow;
	struct cell *cells, *free;
	char *space;
	off_t from, to; /* of the part that is being given out */
	bool over;      /* nothing more is to be read */
	unsigned tries; /* of what was refused for a shortage */
	int error;      /* of the first place at which there was one */
};

/* The rest of what CELL reads or writes. */
static void
go_on(struct run *run, struct cell *cell)
{
	struct flow *flow = run->flow;
	struct aio_request *request = &cell->request;

	cell->piece = (struct iovec){ cell->bytes + cell->done, cell->size - cell->done };
	request->pieces = &cell->piece;
	request->count = 1;
	request->fd = request->writes ? flow->out : flow->in;
	request->flags = request->writes ? flow->out_flags : flow->in_flags;
	request->offset = cell->at + (off_t)cell->done + (request->writes ? flow->shift : 0);
	flow->calls++;
	cell->busy = true;
	aio_submit(flow->aio, request);
}

/* Whether a block from AT on would be too far ahead of what is still on its way. */
static bool
is_too_far(const struct run *run, off_t at)
{
	const struct flow *flow = run->flow;

	for (unsigned i = 0; i < flow->aio->depth; i++)
		if (run->cells[i].busy
		    && at + (off_t)flow->block - run->cells[i].at > (off_t)flow->window)
			return true;
	return false;
}

/* Gives CELL the next block to read; false: there is none, or not yet. */
static bool
begin(struct run *run, struct cell *cell)
{
	struct flow *flow = run->flow;
	off_t left;

	while (!run->over && run->from >= run->to)
		run->over = !flow->next(&run->from, &run->to, flow->context);
	if (run->over || (flow->window && is_too_far(run, run->from)))
		return false;
	left = run->to - run->from;
	cell->at = run->from;
	cell->size = left < (off_t)flow->block ? (size_t)left : flow->block;
	cell->done = 0;
	cell->request.writes = false;
	run->from += (off_t)cell->size;
	go_on(run, cell);
	return true;
}

static void
rest(struct run *run, struct cell *cell)
{
	cell->free = run->free;
	run->free = cell;
}

/* The input ends behind what CELL has of it. */
static void
meet_end(struct run *run, const struct cell *cell)
{
	off_t end = cell->at + (off_t)cell->done;

	if (run->flow->end < 0 || end < run->flow->end)
		run->flow->end = end;
	run->over = true;
}

static void
fail_at(struct run *run, struct cell *cell, int error)
{
	struct flow *flow = run->flow;
	off_t at = cell->request.offset;
	off_t place = at - (cell->request.writes ? flow->shift : 0);
	off_t known = flow->at - (flow->at_output ? flow->shift : 0);

	if (!run->error || place < known) {
		run->error = error;
		flow->at_output = cell->request.writes;
		flow->at = at;
	}
	run->over = true;
	rest(run, cell);
}

static bool
is_whole(const struct run *run, const struct cell *cell)
{
	return cell->done == cell->size || cell->done % run->flow->alignment;
}

/* CELL has been read as far as the result says. */
static void
has_read(struct run *run, struct cell *cell, size_t size)
{
	cell->done += size;
	if (size && !is_whole(run, cell)) {
		go_on(run, cell);
		return;
	}
	/* What is no whole block at a new end is not for this engine. */
	cell->done -= cell->done < cell->size ? cell->done % run->flow->alignment : 0;
	if (cell->done < cell->size)
		meet_end(run, cell);
	cell->size = cell->done;
	cell->done = 0;
	cell->request.writes = true;
	if (cell->size && !run->error)
		go_on(run, cell);
	else
		rest(run, cell);
}

static void
has_written(struct run *run, struct cell *cell, size_t size)
{
	struct flow *flow = run->flow;

	cell->done += size;
	flow->bytes += size;
	if (flow->moved)
		flow->moved(size, flow->context);
	if (cell->done < cell->size)
		go_on(run, cell);
	else
		rest(run, cell);
}

/* Something is short: whether it is worth another try. */
static bool
wait_a_moment(struct run *run)
{
	struct timespec moment = { .tv_nsec = 1000000 };

	nanosleep(&moment, NULL);
	return run->tries++ < MOST_TRIES;
}

static void
take(struct run *run, struct cell *cell)
{
	ssize_t result = cell->request.result;

	cell->busy = false;
	if (result == -EINTR || (result == -EAGAIN && wait_a_moment(run)))
		go_on(run, cell);
	else if (result < 0)
		fail_at(run, cell, (int)-result);
	else if (!cell->request.writes)
		has_read(run, cell, (size_t)result);
	else if (result == 0)
		fail_at(run, cell, EIO); /* a file takes some, or says why not */
	else
		has_written(run, cell, (size_t)result);
}

/* The engine does not answer any more: the first place that nobody knows of has its error. */
static void
give_up(struct run *run)
{
	for (unsigned i = 0; i < run->flow->aio->depth; i++)
		if (run->cells[i].busy)
			fail_at(run, &run->cells[i], run->flow->aio->error);
}

int
flow_copy(struct flow *flow)
{
	unsigned depth = flow->aio->depth;
	struct run run = { .flow = flow };
	struct aio_request *request;

	flow->end = -1;
	/* Aligned, and given back as a whole. */
	run.space = mmap(NULL, depth * flow->block, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (run.space == MAP_FAILED)
		return -1;
	run.cells = memory_get(depth * sizeof(*run.cells));
	for (unsigned i = depth; i--;) {
		run.cells[i].bytes = run.space + i * flow->block;
		rest(&run, &run.cells[i]);
	}
	for (;;) {
		while (run.free) {
			struct cell *cell = run.free;

			if (!begin(&run, cell))
				break;
			run.free = cell->free;
		}
		request = aio_reap(flow->aio);
		if (!request)
			break;
		take(&run, (struct cell *)request);
	}
	/* What nobody knows of may be written yet. */
	if (flow->aio->error) {
		give_up(&run);
	} else {
		munmap(run.space, depth * flow->block);
		free(run.cells);
	}
	errno = run.error;
	return run.error ? -1 : 0;
}
