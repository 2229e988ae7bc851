/* SPDX-License-Identifier: MIT */
/*
 * What a copy leaves in the page cache, and how that is removed: what it has written, and of what it has
 * read that which was not there before. That is looked at a little ahead of what is read, and forgotten
 * behind it, so that it costs nothing where nothing is read.
 */
#ifndef BUTTER_TRACES_H
#define BUTTER_TRACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/types.h>

struct traces_window;

struct traces {
	/* For the caller to fill. */
	int in, out;  /* -1: nothing is written */
	off_t first;  /* what is copied begins here in the input, */
	off_t shift;  /* and so far behind that in the output */
	bool is_new;  /* nobody else has anything of the output in the page cache */
	off_t behind; /* what has been reached may be read as late as when that is so far behind */

	/* Its own. */
	uint64_t since;         /* bytes that may be there now */
	off_t end, reached, to; /* of the input: its end; what is being read now */
	off_t looked;           /* it is known what there was before this */
	TAILQ_HEAD(, traces_window) windows;
};

enum { TRACES_STEP = 1 << 23 }; /* bytes that may be reached at once without many being there */

/* The input ends at END. */
void traces_open(struct traces *traces, off_t end);

/* What is FROM here on, up to TO, will be read now, and of what was before none is to be begun. */
void traces_reach(struct traces *traces, off_t from, off_t to);

/*
 * BYTES more have been copied, up to the place AT of the input, which may also have been reached by that:
 * removes traces if they are many. -1 with errno: some of the output could not be written to the disk.
 */
int traces_add(struct traces *traces, uint64_t bytes, off_t at);

/* The copy ends AT: removes all. As traces_add. */
int traces_close(struct traces *traces, off_t at);

#endif
