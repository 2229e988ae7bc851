/* SPDX-License-Identifier: MIT */
/*
 * What is in one file, into another one: by reference (FICLONE), inside the kernel (copy_file_range(2)), by
 * asynchronous reads and writes, or by one read and one write after the other. Which of these two files have
 * is found out by trying, the best first; holes stay holes.
 */
#ifndef BUTTER_CONTENT_H
#define BUTTER_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "kernel/aio.h"

enum content_way {
	CONTENT_REFLINK,
	CONTENT_RANGE,
	CONTENT_URING,
	CONTENT_NATIVE,
	CONTENT_THREADS,
	CONTENT_READ,
	CONTENT_WAYS,
	CONTENT_AUTO = CONTENT_WAYS,
};

enum { CONTENT_SPACE = 1 << 18 };

/* What becomes of holes: auto, those of the input; always, zeros too; never, all is written. */
enum content_sparse { CONTENT_SPARSE_AUTO, CONTENT_SPARSE_ALWAYS, CONTENT_SPARSE_NEVER };

struct content {
	/* For the caller to fill. */
	enum content_way engine; /* CONTENT_AUTO: the best; another: that or none */
	enum content_sparse sparse;
	bool no_reflink; /* never by reference */
	bool direct;     /* O_DIRECT, where the file systems have it */
	bool uncached;   /* what is copied does not stay in the page cache */
	unsigned depth;  /* requests in flight */
	size_t block;    /* bytes of one */
	size_t most;     /* bytes of one step */
	bool ends;       /* the output has nothing behind what is copied, and nothing there yet */
	bool is_file;    /* and it is a file: a disk's end stays where it is */
	bool is_apart;   /* and nobody has it until all is there */
	void (*moved)(uint64_t bytes, void *context); /* after each */
	void *context;
	uint64_t *window; /* if not NULL: gets how far from the output's end there may be gaps */

	/* What happened, to all files. */
	struct content_count {
		uint64_t calls, bytes;
		int refused; /* errno, of the last file */
	} ways[CONTENT_WAYS];
	bool at_output; /* whose the last error was; */
	off_t at;       /* and where */
	int lost;       /* errno: some of the last file is not on the disk; 0 */

	/* Its own. */
	struct aio aio;
	bool is_open;
	enum content_way opened; /* CONTENT_URING, ... */
	dev_t without_reflink;   /* of which the last file had none; 0: not known */
	char *space;             /* for CONTENT_SPACE bytes, or NULL */
};

/*
 * Copies LENGTH bytes, or all that there are, of IN, whose STATUS that is, from FROM on, to OUT from TO
 * on. A file OUT that is new, or empty, ends behind them. -1 with errno, and whose error it was and
 * where; EOPNOTSUPP, EXDEV and others where the engine that was asked for refuses these two files, with
 * at_output.
 */
int content_copy(struct content *content, int in, const struct stat *status, off_t from,
		 uint64_t length, int out, off_t to);

/* The same of what IN gives from where it stands on, which need not be a file; OUT stands behind it then. */
int content_pour(struct content *content, int in, uint64_t length, int out, off_t to);

/*
 * Whether the engine that was asked for can be had for these two files, as far as can be told without
 * writing anything. -1 with errno: it cannot.
 */
int content_try(struct content *content, int in, int out);

/* CONTENT_SPACE bytes that are used while content_copy runs, and free for others else. */
char *content_space(struct content *content);

/* Advice for errors of the engine WAY. */
const struct hint *content_hints(enum content_way way);

/* How the ways are called: `reflink`, `copy_file_range`, ... */
extern const char *const content_names[CONTENT_WAYS];

void content_close(struct content *content);

#endif
