/* SPDX-License-Identifier: MIT */
/*
 * The same bytes once or again and again into a pipe, by references to the pages that hold them
 * (vmsplice(2)), or by write(2) where that is not to be had.
 *
 * The reader gets the pages themselves, and nothing tells when the last reader has done with them. So bytes
 * of our own are laid out once, and before the first of them leaves they are made such that nobody can change
 * them any more. The pages of a mapped file remain the file's.
 */
#ifndef BUTTER_FEED_H
#define BUTTER_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#define FEED_FOREVER UINT64_MAX

/* Of what cannot be mapped and does not tell its size, not more than this is taken into memory. */
#define FEED_MOST (UINT64_C(1) << 28)

/* The best first. */
enum feed_way {
	FEED_VMSPLICE,
	FEED_WRITE,
	FEED_WAYS,
};

/* Whose error it was. */
enum feed_side {
	FEED_INPUT,
	FEED_OUTPUT,
};

struct feed {
	/* For the caller to fill. */
	int out;
	size_t pipe_size;                             /* asked for, if OUT is a pipe */
	size_t most;                                  /* bytes of one step */
	void (*moved)(uint64_t bytes, void *context); /* after each step */
	void *context;

	/* What happened. */
	struct feed_count {
		uint64_t calls, bytes;
	} ways[FEED_WAYS];
	enum feed_side side; /* of the last error */

	/* Its own. */
	char *pages; /* those that hold the bytes */
	size_t room; /* how many bytes these pages have */
	char *bytes;
	size_t length;
	bool is_file; /* the pages are those of FILE, where BYTES begin at AT */
	int file;
	off_t at;
};

/* Begins to write to OUT. -1 with errno EBADF, also where there is going to be nothing to write. */
int feed_open(struct feed *feed);

/* What is to be sent: a copy of the LENGTH bytes at BYTES. */
void feed_take(struct feed *feed, const void *bytes, size_t length);

/*
 * What is to be sent: FILE, whose STATUS that is, from where it stands to its end, or MOST bytes of it. It is
 * mapped and has to stay open until feed_close; small ones, those that cannot be mapped and, if it is to be
 * STABLE, all are copied into memory. -1 with errno of read(2), or EFBIG: FEED_MOST were not all.
 */
int feed_take_file(struct feed *feed, int file, const struct stat *status, bool stable,
		   uint64_t most);

/* How many bytes have been taken. */
uint64_t feed_length(const struct feed *feed);

/*
 * Sends TOTAL bytes, what has been taken again and again; nothing, if that is nothing. -1 with the side, and
 * errno of write(2); or ENODATA on FEED_INPUT: the mapped file is shorter now.
 */
int feed_send(struct feed *feed, uint64_t total);

void feed_close(struct feed *feed);

#endif
