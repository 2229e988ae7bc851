/* SPDX-License-Identifier: MIT */
/* Asynchronous for want of anything better: each thread does one preadv2(2) or pwritev2(2) at a time. */
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include "kernel/aio.h"
#include "memory.h"

enum {
	MOST_THREADS = 32,
	STACK = 1 << 16, /* bytes */
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t wanted, ended; /* something is to be done; has been done */
	struct aio_list waiting, done;
	bool over;
	unsigned count;
	pthread_t threads[MOST_THREADS];
};

static void
append(struct aio_list *list, struct aio_request *request)
{
	request->next = NULL;
	*list->last = request;
	list->last = &request->next;
}

static struct aio_request *
take(struct aio_list *list)
{
	struct aio_request *request = list->first;

	if (request && !(list->first = request->next))
		list->last = &list->first;
	return request;
}

static ssize_t
perform(const struct aio_request *request)
{
	ssize_t size;

	do
		size = request->writes ? pwritev2(request->fd, request->pieces, request->count,
						  request->offset, request->flags)
				       : preadv2(request->fd, request->pieces, request->count,
						 request->offset, request->flags);
	while (size < 0 && errno == EINTR);
	return size < 0 ? -errno : size;
}

static void *
work(void *context)
{
	struct pool *pool = context;

	pthread_mutex_lock(&pool->lock);
	for (;;) {
		struct aio_request *request = take(&pool->waiting);

		if (request) {
			pthread_mutex_unlock(&pool->lock);
			request->result = perform(request);
			pthread_mutex_lock(&pool->lock);
			append(&pool->done, request);
			pthread_cond_signal(&pool->ended);
		} else if (pool->over) {
			break;
		} else {
			pthread_cond_wait(&pool->wanted, &pool->lock);
		}
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

/* Starts as many threads as can be had, of those that make sense. -1 with errno where there is none. */
static int
start(struct pool *pool, unsigned depth)
{
	unsigned wanted = depth < MOST_THREADS ? depth : MOST_THREADS;
	sigset_t all, before;
	pthread_attr_t attributes;
	int error = 0;

	/* Signals are for the thread that waits. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK);
	while (pool->count < wanted && !error) {
		error = pthread_create(&pool->threads[pool->count], &attributes, work, pool);
		pool->count += !error;
	}
	pthread_attr_destroy(&attributes);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = error;
	return pool->count ? 0 : -1;
}

static int
open_pool(struct aio *aio)
{
	struct pool *pool = memory_get(sizeof(*pool));

	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->wanted, NULL);
	pthread_cond_init(&pool->ended, NULL);
	pool->waiting.last = &pool->waiting.first;
	pool->done.last = &pool->done.first;
	if (start(pool, aio->depth) < 0) {
		free(pool);
		return -1;
	}
	aio->state = pool;
	return 0;
}

static void
submit(struct aio *aio, struct aio_request *request)
{
	struct pool *pool = aio->state;

	pthread_mutex_lock(&pool->lock);
	append(&pool->waiting, request);
	pthread_cond_signal(&pool->wanted);
	pthread_mutex_unlock(&pool->lock);
}

static int
wait_for_some(struct aio *aio)
{
	struct pool *pool = aio->state;
	struct aio_request *request;

	pthread_mutex_lock(&pool->lock);
	while (!pool->done.first)
		pthread_cond_wait(&pool->ended, &pool->lock);
	while ((request = take(&pool->done)))
		aio_completed(aio, request, request->result);
	pthread_mutex_unlock(&pool->lock);
	return 0;
}

static void
close_pool(struct aio *aio)
{
	struct pool *pool = aio->state;

	pthread_mutex_lock(&pool->lock);
	pool->over = true;
	pthread_cond_broadcast(&pool->wanted);
	pthread_mutex_unlock(&pool->lock);
	for (unsigned i = 0; i < pool->count; i++)
		pthread_join(pool->threads[i], NULL);
	free(pool);
}

const struct aio_engine aio_threads = { open_pool, submit, wait_for_some, close_pool };
