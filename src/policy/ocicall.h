/* SPDX-License-Identifier: MIT */
/* What a policy says about one call, taken apart for a profile in JSON, whose rules have no order. */
#ifndef BUTTER_OCICALL_H
#define BUTTER_OCICALL_H

#include "policy/clauses.h"

/*
 * A rule in the words of JSON: where all tests hold, each about another argument, by == with a mask or
 * plainly.
 */
struct ocicall_rule {
	struct policy_test tests[SYSCALL_ARGUMENTS];
	size_t count; /* 0: in any case */
	struct policy_action action;
};

struct ocicall {
	struct ocicall_rule *rules; /* no two with different actions hold at once */
	size_t count, room;
	bool is_named; /* the policy has a rule about it */
};

/*
 * Fills ZEROED for CALL on ARCH: rules of what the default does not do. -1 with errno E2BIG: that would be
 * thousands.
 */
int ocicall_make(struct ocicall *zeroed, const struct policy *policy, int call, enum arch arch);

/* Whether both say the same in the same words. */
bool ocicall_is(const struct ocicall *a, const struct ocicall *b);

void ocicall_close(struct ocicall *call);

#endif
