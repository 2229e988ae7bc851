/* SPDX-License-Identifier: MIT */
/*
 * The same bytes from one input to several outputs, by tee(2) and splice(2) without copying them, or through
 * memory where that does not work. Each output has a queue of its own (output.h): who is slow holds up the
 * others only where its policy says so.
 */
#ifndef BUTTER_FAN_H
#define BUTTER_FAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "copy/output.h"

/* Why an output gets no more. */
enum fan_end {
	FAN_DONE,   /* it has all */
	FAN_FAILED, /* errno says why */
	FAN_SLOW,   /* it has taken nothing for so long */
};

struct fan {
	/* For the caller to fill. */
	int in;
	struct output *outputs; /* those that are open get all */
	size_t count;
	size_t pipe_size; /* of our own pipes, and asked for at all ends */
	int64_t patience; /* nanoseconds after which who takes nothing is slow */
	void (*moved)(uint64_t bytes, void *context); /* so many have come */
	/* OUTPUT gets no more, and is to be closed. Whether more input is wanted. */
	bool (*ended)(struct output *output, enum fan_end why, void *context);
	void *context;

	/* What happened. */
	uint64_t calls;  /* system calls for the input; the outputs count their own */
	uint64_t copied; /* bytes that came through memory */

	/* Its own. */
	bool by_memory, is_file, is_device, is_stream, is_over;
	bool is_unproved;          /* a pipe that may give packets: its first bytes have not come */
	bool asks;                 /* whether the input is ready; else read(2) waits */
	int source[2], scratch[2]; /* -1: not open */
	size_t room;               /* bytes that each of our pipes holds, at least */
};

/* Begins with one output more: -1 with errno where it cannot be written, and is not open then. */
int fan_add(struct fan *fan, struct output *output);

/*
 * Copies to the end of the input, or until no output is open. 0, or -1 with errno of the input: the
 * outputs have what came before. SIGPIPE is to be ignored.
 */
int fan_run(struct fan *fan);

#endif
