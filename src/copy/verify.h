/* SPDX-License-Identifier: MIT */
/* Whether two files have the same bytes, and where they differ first. */
#ifndef BUTTER_VERIFY_H
#define BUTTER_VERIFY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* LENGTH bytes, or all that there are, of ONE from one_at on, and of OTHER from other_at on. */
struct verify {
	int one, other;
	off_t one_at, other_at;
	uint64_t length;
	bool ends;     /* OTHER has nothing behind them */
	bool uncached; /* what is read does not stay in the page cache */

	/* What happened. */
	off_t same;    /* bytes that are alike */
	bool at_other; /* whose the error was */
};

/* 0: they are the same; 1: they differ behind SAME; -1 with errno of pread(2), and whose it was. */
int verify(struct verify *verify, char *space, size_t size);

#endif
