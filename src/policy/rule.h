/* SPDX-License-Identifier: MIT */
/*
 * Rules as they are typed: `socket(domain == AF_PACKET),@mount:EPERM`; and what the text language
 * shares with them.
 */
#ifndef BUTTER_POLICY_RULE_H
#define BUTTER_POLICY_RULE_H

#include "policy/scan.h"
#include "policy/targets.h"

/*
 * An action: `allow`, `ENOSYS`, `38`, `errno 38`, `return ENOSYS`, `kill` (the process; also
 * `kill-process`), `kill-thread`, `log`, `trap`, `trace`; false: it was wrong, which has been added to the
 * problems.
 */
bool rule_action(struct scan *scan, struct policy_action *action);

/* Whether an action's word comes next, and not a parameter's name. */
bool rule_is_action(const struct scan *scan);

/*
 * Adds what BODY says about TARGET on ARCHES (bits; 0: all): once, or, where constants or registers make a
 * difference, for each architecture what it means there. BODY reads it and calls rule_add, for the
 * architectures that it is given; false: it was wrong, and the problem has been added. SCAN is behind it
 * then.
 */
bool rule_for(struct scan *scan, const struct target *target, unsigned arches,
	      bool body(struct scan *, const struct target *, unsigned, void *), void *context);

/*
 * One rule of a body. Where CONDITION names a constant that the architecture lacks, what allows something
 * allows nothing there, and what denies something denies all.
 */
void rule_add(struct scan *scan, const struct target *target, unsigned arches,
	      const struct policy_condition *condition, struct policy_action action);

/*
 * A comma list of names, numbers, /globs/ and @groups, each with a condition in parentheses or none, and
 * after a colon an action for all of them; without it they get ACTION. PLACE is that of the option.
 */
void rule_read(struct policy *policy, const char *text, size_t length, struct policy_action action,
	       const struct place *place, struct problems *problems);

#endif
