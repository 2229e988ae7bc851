/* SPDX-License-Identifier: MIT */
#include "policy/otherwise.h"

#include <string.h>

bool
otherwise_is(const struct policy_action *a, const struct policy_action *b)
{
	return a->kind == b->kind && a->data == b->data;
}

void
otherwise_say(struct policy *policy, struct policy_action action, const char *what,
	      const struct place *place, struct problems *problems)
{
	const struct place *before = &policy->otherwise_place;

	if (!policy->has_otherwise) {
		policy->has_otherwise = true;
		policy->otherwise = action;
		policy->otherwise_place = *place;
	} else if (otherwise_is(&policy->otherwise, &action)) {
		return;
	} else if (!strcmp(before->file, place->file)) {
		problems_error(problems, place, "take one of both away",
			       "%s is another one in line %u", what, before->line);
	} else {
		problems_warn(problems, place, "--default takes another one",
			      "%s of '%s' holds, which was read before", what, before->file);
	}
}

void
otherwise_say_newer(struct policy *policy, struct policy_action action, const struct place *place,
		    struct problems *problems)
{
	if (!policy->has_newer) {
		policy->has_newer = true;
		policy->newer = action;
	} else if (!otherwise_is(&policy->newer, &action)) {
		problems_error(problems, place, "take one of both away",
			       "@newer has been something else before");
	}
}
