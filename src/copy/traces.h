/* SPDX-License-Identifier: MIT */
/*
 * What a copy leaves in the page cache, and how that is removed: what it has written, and of what it has
 * read that which was not there before.
 */
#ifndef BUTTER_TRACES_H
#define BUTTER_TRACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct traces {
	/* For the caller to fill. */
	int in, out;
	off_t first; /* what is copied begins here in the input, */
	off_t shift; /* and so far behind that in the output */
	bool is_new; /* nobody else has anything of the output in the page cache */

	/* Its own. */
	uint64_t since;        /* bytes that may be there now */
	unsigned char *cold;   /* a bit for each part of the input: it was not there */
	size_t parts, dropped; /* dropped: those before are not there again */
};

/* Looks what there is of the input up to END, before it is read. */
void traces_open(struct traces *traces, off_t end);

/*
 * BYTES more have been copied, up to the place AT of the input: removes traces if they are many. -1 with
 * errno: some of the output could not be written to the disk.
 */
int traces_add(struct traces *traces, uint64_t bytes, off_t at);

/* The copy ends AT: removes all. As traces_add. */
int traces_close(struct traces *traces, off_t at);

#endif
