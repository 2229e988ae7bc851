/* SPDX-License-Identifier: MIT */
/* What a policy says of all calls that no rule is about: @default, @newer, defaultAction. */
#ifndef BUTTER_OTHERWISE_H
#define BUTTER_OTHERWISE_H

#include "policy/policy.h"

/*
 * The action for all of them, as PLACE says in the words WHAT. Of several the first holds: in one file two
 * that differ are an error; a file that is read later gives way to those before, which is a warning.
 */
void otherwise_say(struct policy *policy, struct policy_action action, const char *what,
		   const struct place *place, struct problems *problems);

/* The same of calls that are newer than the policy. */
void otherwise_say_newer(struct policy *policy, struct policy_action action,
			 const struct place *place, struct problems *problems);

/* Whether A and B are the same. */
bool otherwise_is(const struct policy_action *a, const struct policy_action *b);

#endif
