/* SPDX-License-Identifier: MIT */
/*
 * What is wrong with a policy, all of it: readers add one problem after the other and go on, and whoever
 * called them prints them in the end. Nothing is run under a policy that has an error.
 */
#ifndef BUTTER_POLICY_PROBLEMS_H
#define BUTTER_POLICY_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>

/* Where something stands that is spoken of. */
struct place {
	const char *file; /* a policy's name, or an option's (`--deny`) */
	unsigned line;    /* from 1; 0: there are no lines */
	unsigned column;  /* from 1, in bytes; 0: not known */
	const char *path; /* in JSON: `syscalls[3].args[0].op`; NULL: none */
};

struct problem {
	struct place place;
	char *text;      /* what is wrong */
	char *hint;      /* what to do; NULL: nobody knows */
	bool is_warning; /* it can be run */
};

struct problems {
	struct problem *all;
	size_t count, room;
	size_t errors;
	char *meant; /* what problems_meant gave last */
};

/* Each adds one; HINT may be NULL. What PLACE points to lives as long as the policy. */
__attribute__((format(printf, 4, 5))) void problems_error(struct problems *problems,
							  const struct place *place,
							  const char *hint, const char *text, ...);

__attribute__((format(printf, 4, 5))) void problems_warn(struct problems *problems,
							 const struct place *place,
							 const char *hint, const char *text, ...);

/* As `did you mean 'openat'?`, or NULL where NEAREST is that; it lives until the next call. */
const char *problems_meant(struct problems *problems, const char *nearest);

void problems_close(struct problems *problems);

#endif
