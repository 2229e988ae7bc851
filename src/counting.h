/* SPDX-License-Identifier: MIT */
/* The eventfd that is meant on a command line, with messages about what is none. */
#ifndef BUTTER_COUNTING_H
#define BUTTER_COUNTING_H

#include <stdint.h>

#include "cli/opt.h"

struct counting {
	/* Of options: */
	int given;        /* --fd; -1: none */
	const char *from; /* --from; NULL: none */
	/* Of counting_find: */
	int fd;     /* the eventfd */
	int keeper; /* where its tokens are asked for (process/token.h); -1: nobody keeps them */
};

/* One without options. */
#define COUNTING_NONE                                                                              \
	{                                                                                          \
		.given = -1, .fd = -1, .keeper = -1                                                \
	}

/* Adds --fd and --from to TABLE. */
void counting_options(struct opt_table *table, struct counting *counting);

/*
 * The one that the options say, or else the environment. 0, or the status after a message: there is none, or
 * it is no eventfd.
 */
int counting_find(struct counting *counting);

/* *VALUE is what TEXT, called SHOWN, says, from LOW to EVENTFD_LARGEST. 0, or the status after a message. */
int counting_number(const char *shown, const char *text, uint64_t low, uint64_t *value);

/* What eventfd-exec hands down, as NAME=VALUE: the number of the eventfd, and that of the keeper's socket. */
#define COUNTING_FD "BUTTER_EVENTFD"
#define COUNTING_KEEPER "BUTTER_EVENTFD_KEEPER"

#endif
