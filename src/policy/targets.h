/* SPDX-License-Identifier: MIT */
/* The system calls that a rule is about: `openat`, `@mount`, `/set*id/`, `442`, `442-450`. */
#ifndef BUTTER_TARGETS_H
#define BUTTER_TARGETS_H

#include "policy/scan.h"

struct target {
	int call; /* as in struct policy_rule */
	uint32_t first, last;
	bool is_named;      /* by itself: no group's member */
	struct place place; /* of the word that it came from */
};

/* A zeroed struct is an empty list. */
struct targets {
	struct target *all;
	size_t count, room;
	unsigned char *has; /* for each call: whether it is in here */
};

/*
 * Reads one word and adds the calls that it means, unless they are there. A name that nobody knows is
 * added to the problems, and the rest can be read. False: it cannot.
 */
bool targets_read(struct scan *scan, struct targets *targets);

/* Reads the number of a system call, 32 bits, decimal or hexadecimal. False: there is none, as is told. */
bool targets_number(struct scan *scan, uint32_t *number);

/* Warns of names that none of ARCHES (bits; 0: the native one) has. */
void targets_doubt(const struct targets *targets, unsigned arches, struct problems *problems);

/* Adds TARGET, unless its call is there. */
void targets_add(struct targets *targets, const struct target *target);

void targets_close(struct targets *targets);

#endif
