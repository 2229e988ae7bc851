/* SPDX-License-Identifier: MIT */
/* What a command may reach, by landlock(7): all in one ruleset, and as much of it as the kernel can. */
#ifndef BUTTER_POLICY_LAND_H
#define BUTTER_POLICY_LAND_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/landlock.h"

enum land_kind { LAND_READ, LAND_WRITE, LAND_EXECUTE, LAND_CONNECT, LAND_BIND };

/* Zeroed, it denies nothing. */
struct land {
	struct land_rule {
		enum land_kind kind;
		const char *path;
		unsigned port;
	} * rules;
	size_t count;
	struct landlock_denied denied;
};

/*
 * One rule, and what its kind denies to all others: WHAT is a path, or a port, or `none`, which gives
 * nothing. -1 with errno EINVAL: it is no port.
 */
int land_add(struct land *land, enum land_kind kind, const char *what);

/* Scopes, bits of landlock.h. */
void land_add_scopes(struct land *land, unsigned scopes);

bool land_is_empty(const struct land *land);

/*
 * Opens all paths, and makes the ruleset, close-on-exec, of what ABI, the kernel's, can deny: *LOST is what
 * it cannot. -1 with errno: of open(2) for *CULPRIT, or of landlock_open and its kin where that is NULL;
 * ENOMSG: it can deny nothing of all.
 */
int land_open(const struct land *land, int abi, struct landlock_denied *lost, const char **culprit);

void land_close(struct land *land);

#endif
