/* SPDX-License-Identifier: MIT */
/*
 * One file that content_copy copies: what is left of it, part by part, what has become of it, and which way
 * has failed where. The ways (inside.h, requests.h, plain.h) take parts from it until none is left.
 */
#ifndef BUTTER_JOB_H
#define BUTTER_JOB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "copy/content.h"
#include "copy/traces.h"

/* What a way makes of what is left. */
enum job_outcome {
	JOB_COPIED,  /* to its end */
	JOB_REFUSED, /* it is not to be had for these two; what it has copied is not left any more */
	JOB_FAILED,
};

/* What is being copied. */
struct job {
	struct content *content;
	int in, out;
	off_t at, end;    /* of the input: what is left */
	off_t limit;      /* what may be left if it grows */
	off_t shift;      /* from there to the place in the output */
	dev_t device;     /* that the input is on */
	off_t base;       /* where a stream that is a file begins; else 0 */
	off_t size;       /* that it is said to have */
	off_t written;    /* what is behind this, in the input's offsets, was not written */
	bool is_long;     /* the output may have more, that is there for what comes yet */
	size_t alignment; /* of all but the end */
	bool makes_holes;
	bool has_holes;
	bool is_file;         /* the output is one, which has an end, and is no disk */
	bool is_whole;        /* all of the input is to be all of the output */
	bool is_stream;       /* the input is read from where it stands */
	struct traces traces; /* of it in the page cache */
	bool keeps_direct;    /* both descriptors have O_DIRECT */
	bool is_cold;         /* nothing of the input is in the page cache */
};

size_t job_least(uint64_t one, uint64_t other);

off_t job_round_down(off_t at, size_t alignment);

/* BYTES have arrived by WAY. */
void job_count(struct job *job, enum content_way way, uint64_t bytes);

/* JOB_FAILED: the error, errno, was met at AT of the input, or where that is in the output. */
enum job_outcome job_fail(struct job *job, bool at_output, off_t at);

/* JOB_REFUSED: WAY is not to be had, for the errno ERROR. */
enum job_outcome job_refuse(struct job *job, enum content_way way, int error);

/*
 * Takes from what is left the next part that is no hole, and what is before it; false: there is none.
 * Whatever happens to the file meanwhile, this comes to an end.
 */
bool job_next(struct job *job, off_t *from, off_t *to);

/* Whether the input, which is a file, has become so short that it ends AT, or before. */
bool job_is_cut(const struct job *job, off_t at);

#endif
