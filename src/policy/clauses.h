/* SPDX-License-Identifier: MIT */
/* Conditions while they are put together: an OR of ANDs, which may grow a lot, up to a bound. */
#ifndef BUTTER_CLAUSES_H
#define BUTTER_CLAUSES_H

#include "policy/policy.h"

enum { CLAUSES_MOST = 4096 }; /* tests in all of them */

/* A zeroed struct is none, which is never true; one clause without tests always is. */
struct clauses {
	struct policy_clause *all;
	size_t count, tests;
};

/* What is true where a comparison is not. */
extern const enum policy_comparison clauses_opposite[];

/* One more clause: the tests of A, then those of B, which may be NULL. */
void clauses_add(struct clauses *clauses, const struct policy_clause *a,
		 const struct policy_clause *b);

/* A becomes A and B, or A or B, and B empty. False: that has too many tests, and nothing has changed. */
bool clauses_join(struct clauses *a, struct clauses *b, bool is_and);

/* A copy in the memory of POLICY. */
const struct policy_condition *clauses_keep(const struct clauses *clauses, struct policy *policy);

void clauses_close(struct clauses *clauses);

#endif
