/* SPDX-License-Identifier: MIT */
/*
 * One output of several that get the same bytes, with a queue of its own: a pipe that tee(2) fills and
 * splice(2) empties, where that works, or memory. Nothing here waits, but for files.
 *
 * Bytes leave in the order in which they were given: those in memory, those in the pipe, those on the disk.
 */
#ifndef BUTTER_OUTPUT_H
#define BUTTER_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "copy/spill.h"

/* What becomes of bytes that come while earlier ones wait. */
enum output_policy {
	OUTPUT_BLOCK,  /* they wait where they come from, and so do all outputs */
	OUTPUT_DROP,   /* they are lost, as far as the queue is full */
	OUTPUT_DETACH, /* as block; who takes nothing for a while gets no more */
	OUTPUT_SPILL,  /* they wait on a disk */
};

struct output {
	/* For the caller to fill. */
	int fd;
	enum output_policy policy;
	struct spill spill;

	/* What happened. */
	uint64_t bytes;         /* that have left */
	uint64_t dropped;       /* that it was too slow for: by OUTPUT_DROP */
	uint64_t spilled;       /* that went by way of the disk */
	uint64_t calls, copied; /* system calls; bytes that went through memory */
	int64_t since;          /* CLOCK_MONOTONIC: nothing has waited, or something has left */

	bool is_open;
	size_t got; /* of what is being given to all: fan.c's */

	/* Its own. */
	size_t size;   /* bytes of its queue */
	size_t most;   /* bytes of one write: a socket of datagrams takes no larger ones */
	int error;     /* errno that output_drain is to tell */
	int terminal;  /* FD again, not blocking; -1: it is none */
	int pipe[2];   /* -1: there is none */
	size_t queued; /* bytes in that */
	bool is_file, is_pipe, splices; /* is_pipe: one without a name */
	char *held;
	size_t held_first, held_last, held_size;
};

/*
 * Begins: its queue is of SIZE bytes, and FD, if that is a pipe, is asked to hold as many. Returns how many
 * its own pipe holds, 0 where there is none. -1 with errno when FD cannot be written.
 */
ssize_t output_open(struct output *output, size_t size);

/* Bytes that wait, wherever. */
uint64_t output_holds(const struct output *output);

/* Whether SIZE bytes more could be given now, by its policy. */
bool output_may_take(const struct output *output, size_t size);

/* Gives it SIZE bytes. */
void output_put(struct output *output, const char *bytes, size_t size);

/*
 * Gives it what the pipe SOURCE holds, SIZE bytes, which stay there if KEEP. Returns how many it has got
 * or dropped: where its queue is empty, and as large as SOURCE, all. -1 with errno EAGAIN (they are for
 * output_put), or one of tee(2), splice(2).
 */
ssize_t output_tee(struct output *output, int source, size_t size, bool keep);

/* From now on only memory: what is in its pipe goes there. */
void output_leave_pipe(struct output *output);

/* Passes on what goes without waiting. How many bytes, 0: none; -1 with errno of write(2), splice(2). */
ssize_t output_drain(struct output *output);

/* Gives up what it holds. */
void output_forget(struct output *output);

/* Forgets what it holds; FD itself stays open. */
void output_close(struct output *output);

#endif
