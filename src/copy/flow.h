/* SPDX-License-Identifier: MIT */
/*
 * Bytes of one file into another by reads and writes of which many are in flight at once: what one waits
 * for, the others do not. What comes short is asked for again, and an error has its offset.
 */
#ifndef BUTTER_FLOW_H
#define BUTTER_FLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/aio.h"

struct flow {
	/* For the caller to fill. */
	struct aio *aio; /* open; all of its depth is used */
	int in, out;
	size_t block;            /* bytes of one request */
	uint64_t window;         /* no gap in the output is farther from its end; 0: anywhere */
	size_t alignment;        /* of bytes and offsets, for O_DIRECT; 1: any */
	off_t shift;             /* from offsets of the input to those of the output */
	int in_flags, out_flags; /* RWF_... of reads and of writes */
	/* The next part of the input that is to be copied; false: there is none. */
	bool (*next)(off_t *from, off_t *to, void *context);
	/* BYTES have arrived. */
	void (*moved)(uint64_t bytes, void *context);
	void *context;

	/* What happened. */
	uint64_t calls, bytes;
	off_t end;      /* of the input, where it was met; else -1 */
	bool at_output; /* whose error it was */
	off_t at;       /* and where: in the input or in the output */
};

/* Copies all that next gives, or what there is of it. -1 with errno, and whose it was and where. */
int flow_copy(struct flow *flow);

#endif
