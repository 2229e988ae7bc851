/* SPDX-License-Identifier: MIT */
/* What is right in a policy and may still not be what was meant. */
#ifndef BUTTER_POLICY_REVIEW_H
#define BUTTER_POLICY_REVIEW_H

#include "policy/policy.h"

/*
 * Warns of ways around POLICY, which is finished, on ARCHES (bits): all that it does not name is allowed, or
 * all that is newer; a call is denied and one that does the same is not; io_uring passes all filters by; a
 * failure looks like a success.
 */
void policy_review(const struct policy *policy, unsigned arches, struct problems *problems);

#endif
