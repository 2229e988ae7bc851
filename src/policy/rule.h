/* SPDX-License-Identifier: MIT */
/*
 * Rules as they are typed: `socket(domain == AF_PACKET),@mount:EPERM`, and the conditions in them, which the
 * text language shares.
 */
#ifndef BUTTER_POLICY_RULE_H
#define BUTTER_POLICY_RULE_H

#include "policy/policy.h"

/* Bytes that are being read, and where they stand. */
struct scan {
	const char *at, *end;
	const char *line; /* where the line of AT begins */
	struct place place;
	struct policy *policy;
	struct problems *problems;
};

/*
 * One condition on the arguments of CALL (SYSCALL_NONE: of any call): `arg1 & O_CREAT || flags in 0x3`, as far
 * as it goes. Parameters are known by their names or as arg0 to arg5; `arg0:32` compares the low 32 bits only.
 * NULL: it was wrong, which has been added to the problems; what is left is behind it.
 */
const struct policy_condition *rule_condition(struct scan *scan, int call);

/* An action: `allow`, `ENOSYS`, `errno ENOSYS`, `kill`, `kill-thread`, `log`, `trap`; false: it was wrong. */
bool rule_action(struct scan *scan, struct policy_action *action);

/*
 * A comma list of names, numbers, /globs/ and @groups, each with a condition in parentheses or none, and after
 * a colon an action for all of them; without it they get ACTION. PLACE is that of the option.
 */
void rule_read(struct policy *policy, const char *text, size_t length, struct policy_action action,
	       const struct place *place, struct problems *problems);

#endif
