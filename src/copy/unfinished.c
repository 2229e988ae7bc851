/* SPDX-License-Identifier: MIT */
#include "copy/unfinished.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* Of a temporary name. */
enum state {
	STATE_NONE,
	STATE_MAKING, /* it may be there, or not yet */
	STATE_MADE,
};

/* A name, where that is: as whoever ends this process finds it, whatever becomes of its target. */
struct unfinished {
	int is_taken;
	int state;
	pthread_t thread;
	int folder;
	char name[NAME_MAX + 1];
};

static struct unfinished all_unfinished[UNFINISHED_MOST];
static volatile bool is_ending;

/* What is being removed is no error. */
void
unfinished_wait(void)
{
	while (__atomic_load_n(&is_ending, __ATOMIC_SEQ_CST))
		pause();
}

static struct unfinished *
find_room(void)
{
	for (int i = 0; i < UNFINISHED_MOST; i++) {
		int none = 0;

		if (__atomic_compare_exchange_n(&all_unfinished[i].is_taken, &none, 1, false,
						__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return &all_unfinished[i];
	}
	return NULL;
}

struct unfinished *
unfinished_begin(int folder, const char *name)
{
	struct unfinished *unfinished = find_room();

	/* What was there before may be just being read. */
	unfinished_wait();
	if (!unfinished)
		return NULL;
	unfinished->thread = pthread_self();
	unfinished->folder = folder;
	snprintf(unfinished->name, sizeof(unfinished->name), "%s", name);
	__atomic_store_n(&unfinished->state, STATE_MAKING, __ATOMIC_SEQ_CST);
	/* Whoever ends this process has seen it, or is seen. */
	while (__atomic_load_n(&is_ending, __ATOMIC_SEQ_CST)) {
		__atomic_store_n(&unfinished->state, STATE_NONE, __ATOMIC_SEQ_CST);
		pause();
	}
	return unfinished;
}

void
unfinished_made(struct unfinished *unfinished)
{
	if (unfinished)
		__atomic_store_n(&unfinished->state, STATE_MADE, __ATOMIC_SEQ_CST);
}

void
unfinished_end(struct unfinished *unfinished)
{
	if (!unfinished)
		return;
	__atomic_store_n(&unfinished->state, STATE_NONE, __ATOMIC_SEQ_CST);
	__atomic_store_n(&unfinished->is_taken, 0, __ATOMIC_SEQ_CST);
}

/* Waits until another thread has made, or not made, what it was about to; not for ever. */
static void
await(const struct unfinished *unfinished)
{
	struct timespec step = { .tv_nsec = 1000000 };

	for (int i = 0; i < 1000 && !pthread_equal(unfinished->thread, pthread_self()); i++) {
		if (__atomic_load_n(&unfinished->state, __ATOMIC_SEQ_CST) != STATE_MAKING)
			return;
		nanosleep(&step, NULL);
	}
}

void
unfinished_remove_all(void)
{
	int error = errno;

	__atomic_store_n(&is_ending, true, __ATOMIC_SEQ_CST);
	for (int i = 0; i < UNFINISHED_MOST; i++) {
		const struct unfinished *unfinished = &all_unfinished[i];

		if (__atomic_load_n(&unfinished->state, __ATOMIC_SEQ_CST) == STATE_NONE)
			continue;
		await(unfinished);
		if (__atomic_load_n(&unfinished->state, __ATOMIC_SEQ_CST) != STATE_NONE)
			unlinkat(unfinished->folder, unfinished->name, 0);
	}
	errno = error;
}
