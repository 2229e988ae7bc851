/* SPDX-License-Identifier: MIT */
/*
 * Threads that copy what is in folders, a batch of entries at a time: one thread, the walker, gives them
 * out. Two threads in one folder are in each other's way, so each has batches of its own, and takes of
 * another's only where there are no more.
 */
#ifndef BUTTER_CREW_H
#define BUTTER_CREW_H

#include <pthread.h>
#include <stdbool.h>
#include <sys/queue.h>

#include "copy/folder.h"
#include "copy/unfinished.h"

enum { CREW_MOST = UNFINISHED_MOST / 2 }; /* threads */

struct copy;
struct crew;
struct link;
struct tree;

/* Entries of one folder. */
struct batch {
	struct folder *folder;
	struct buffer entries; /* of each the type, DT_... of readdir(3), and the name with a NUL */
	size_t at;             /* those before are being copied, or are */
	unsigned count;        /* of all */
	unsigned users;        /* threads that copy some */
	struct worker *owner;  /* that comes before the others; or NULL */
	TAILQ_ENTRY(batch) next;
};

TAILQ_HEAD(batches, batch);

/* One that copies entries: the walker, or a thread. */
struct worker {
	struct tree *tree;
	struct crew *crew;
	struct copy *copy;
	struct batch *batch;   /* its own, or NULL */
	struct folder *folder; /* and entry that is being copied */
	const char *name, *new_name;
	unsigned char type;
	struct link *link; /* that the entry is the first name of, or NULL */
	int refused;       /* errno of what lets it be no other name of that; 0 */
};

struct crew {
	/* For the caller to fill. */
	void (*perform)(struct worker *worker); /* copies its entry, whose folder is held */
	/* The lock is held: it cannot be held, errno; and one thing less is to be done in FOLDER. */
	void (*fail)(struct worker *worker);
	void (*settle)(struct worker *worker, struct folder *folder);
	struct folders *folders;
	/*
	 * No others are to come, and none may be put off: so after crew_finish, until the caller says
	 * false.
	 */
	bool is_late;

	/* Its own. */
	pthread_mutex_t lock;        /* of all below, and of the folders */
	pthread_cond_t wanted, done; /* there is something to do; something was done */
	pthread_t threads[CREW_MOST];
	struct batches waiting; /* those that have entries of which nobody has begun */
	struct batches later;   /* when there are no others */
	unsigned count;         /* of those that are waiting */
	unsigned started, busy; /* threads; and those that are copying */
	bool is_full;           /* the walker waits for room */
	bool over;
};

void crew_open(struct crew *crew);

/* One thread more, which WORKER is from now on. -1 with errno of pthread_create(3). */
int crew_hire(struct crew *crew, struct worker *worker);

void crew_lock(struct crew *crew);
void crew_unlock(struct crew *crew);

/* Has the entry NAME of FOLDER copied, by whomever; *BATCH, NULL at first, is of those that wait for more. */
void crew_give(struct crew *crew, struct batch **batch, struct folder *folder, const char *name,
	       unsigned char type);

/* No more come to *BATCH. */
void crew_hand_out(struct crew *crew, struct batch **batch);

/* Leaves the worker's entry for when all others are done. The lock is held. */
void crew_put_off(struct worker *worker);

/* Waits for the threads, and has the walker do what had to wait for them. */
void crew_finish(struct crew *crew, struct worker *walker);

void crew_close(struct crew *crew);

#endif
