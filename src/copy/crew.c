/* SPDX-License-Identifier: MIT */
#include "copy/crew.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "memory.h"

enum {
	BATCH_MOST = 128, /* entries */
	QUEUE_MOST = 32,  /* batches, before the walker waits */
};

void
crew_lock(struct crew *crew)
{
	pthread_mutex_lock(&crew->lock);
}

void
crew_unlock(struct crew *crew)
{
	pthread_mutex_unlock(&crew->lock);
}

/* ---- batches ---- */

static void
add_entry(struct batch *batch, const char *name, unsigned char type)
{
	buffer_byte(&batch->entries, (char)type);
	buffer_add(&batch->entries, name, strlen(name) + 1);
	batch->count++;
}

static struct batch *
new_batch(struct folder *folder)
{
	struct batch *batch = memory_get(sizeof(*batch));

	batch->folder = folder;
	return batch;
}

/* Whether all entries of BATCH are at least being copied. */
static bool
is_given_out(const struct batch *batch)
{
	return batch->at == batch->entries.length;
}

/* The lock is held. */
static void
queue(struct crew *crew, struct batch *batch)
{
	TAILQ_INSERT_TAIL(&crew->waiting, batch, next);
	crew->count++;
}

/* Takes the next entry of BATCH, which is waiting. The lock is held. */
static void
take_entry(struct worker *worker, struct batch *batch)
{
	const char *entry = batch->entries.data + batch->at;

	worker->folder = batch->folder;
	worker->type = (unsigned char)*entry;
	worker->name = worker->new_name = entry + 1;
	batch->at += strlen(entry + 1) + 2;
	batch->users++;
	if (!is_given_out(batch))
		return;
	TAILQ_REMOVE(&worker->crew->waiting, batch, next);
	worker->crew->count--;
	if (batch->owner)
		batch->owner->batch = NULL;
}

/* An entry of BATCH is done. The lock is held. */
static void
leave_batch(struct worker *worker, struct batch *batch)
{
	if (--batch->users || !is_given_out(batch))
		return;
	worker->crew->settle(worker, batch->folder);
	buffer_done(&batch->entries);
	free(batch);
}

/* Copies the next entry of BATCH. The lock is held, but not meanwhile. */
static void
take_on(struct worker *worker, struct batch *batch)
{
	struct crew *crew = worker->crew;
	struct folder *folder = batch->folder;

	take_entry(worker, batch);
	if (folder_hold(crew->folders, folder) < 0) {
		crew->fail(worker);
	} else {
		crew_unlock(crew);
		crew->perform(worker);
		crew_lock(crew);
		folder_let_go(crew->folders, folder);
	}
	leave_batch(worker, batch);
}

/* ---- threads ---- */

/*
 * A batch that has entries: the worker's own, one that has no owner yet, or else another's; NULL. The
 * lock is held.
 */
static struct batch *
find_work(struct worker *worker)
{
	struct batch *batch;

	if (worker->batch)
		return worker->batch;
	TAILQ_FOREACH(batch, &worker->crew->waiting, next)
	if (!batch->owner) {
		batch->owner = worker;
		worker->batch = batch;
		return batch;
	}
	return TAILQ_FIRST(&worker->crew->waiting);
}

static void *
work(void *context)
{
	struct worker *worker = context;
	struct crew *crew = worker->crew;

	crew_lock(crew);
	for (;;) {
		struct batch *batch = find_work(worker);

		if (!batch && crew->over)
			break;
		if (!batch) {
			pthread_cond_wait(&crew->wanted, &crew->lock);
			continue;
		}
		crew->busy++;
		take_on(worker, batch);
		crew->busy--;
		/* Not for each: who waits for room wants some. */
		if ((crew->is_full && crew->count <= QUEUE_MOST / 2)
		    || (!crew->count && !crew->busy))
			pthread_cond_signal(&crew->done);
	}
	crew_unlock(crew);
	free(worker);
	return NULL;
}

void
crew_open(struct crew *crew)
{
	pthread_mutex_init(&crew->lock, NULL);
	pthread_cond_init(&crew->wanted, NULL);
	pthread_cond_init(&crew->done, NULL);
	TAILQ_INIT(&crew->waiting);
	TAILQ_INIT(&crew->later);
}

int
crew_hire(struct crew *crew, struct worker *worker)
{
	sigset_t all, before;
	int error;

	/* Signals are for the thread that walks. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	error = pthread_create(&crew->threads[crew->started], NULL, work, worker);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	crew->started += !error;
	errno = error;
	return error ? -1 : 0;
}

void
crew_close(struct crew *crew)
{
	crew_lock(crew);
	crew->over = true;
	pthread_cond_broadcast(&crew->wanted);
	crew_unlock(crew);
	for (unsigned i = 0; i < crew->started; i++)
		pthread_join(crew->threads[i], NULL);
}

/* ---- the walker ---- */

void
crew_hand_out(struct crew *crew, struct batch **batch)
{
	if (!*batch)
		return;
	crew_lock(crew);
	crew->is_full = crew->count == QUEUE_MOST;
	while (crew->is_full && crew->count > QUEUE_MOST / 2)
		pthread_cond_wait(&crew->done, &crew->lock);
	crew->is_full = false;
	queue(crew, *batch);
	(*batch)->folder->left++;
	pthread_cond_broadcast(&crew->wanted);
	crew_unlock(crew);
	*batch = NULL;
}

void
crew_give(struct crew *crew, struct batch **batch, struct folder *folder, const char *name,
	  unsigned char type)
{
	if (!*batch)
		*batch = new_batch(folder);
	add_entry(*batch, name, type);
	if ((*batch)->count == BATCH_MOST)
		crew_hand_out(crew, batch);
}

void
crew_put_off(struct worker *worker)
{
	struct batch *batch = new_batch(worker->folder);

	add_entry(batch, worker->name, worker->type);
	TAILQ_INSERT_TAIL(&worker->crew->later, batch, next);
	worker->folder->left++;
}

void
crew_finish(struct crew *crew, struct worker *walker)
{
	struct batch *batch;

	crew_lock(crew);
	while (crew->count || crew->busy)
		pthread_cond_wait(&crew->done, &crew->lock);
	crew->is_late = true;
	while ((batch = TAILQ_FIRST(&crew->later))) {
		TAILQ_REMOVE(&crew->later, batch, next);
		queue(crew, batch);
		take_on(walker, batch);
	}
	crew_unlock(crew);
}
