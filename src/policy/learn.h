/* SPDX-License-Identifier: MIT */
/*
 * Learning a policy: a command runs with all that it starts, stopped at each call (ptrace(2),
 * SECCOMP_RET_TRACE), and what it made is what the policy lets it make.
 */
#ifndef BUTTER_POLICY_LEARN_H
#define BUTTER_POLICY_LEARN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cli/buffer.h"
#include "policy/policy.h"

struct learn {
	/* For the caller to fill. */
	const struct policy
		*known; /* what that allows need not be learned; NULL: nothing is known */
	void (*wants)(struct learn *learn,
		      void *context); /* the command is about to end, or all have */
	void *context;

	/* What happened. */
	bool ran;           /* the command was executed */
	uint64_t processes; /* and threads */
	uint64_t calls;
	struct learned {
		enum arch arch; /* ARCH_NONE: none that is known, and then AUDIT says which */
		uint32_t audit, number;
		uint64_t count;
		char program[16]; /* that made it first */
	} * learned;              /* by architecture and number */
	size_t count, room;
};

/* The policy under which a command that learns has to run: all of it is told the tracer. */
void learn_watch(struct policy *policy);

/*
 * Follows PID, which is traced (ptrace_seize), and all that it starts, to the end of the last of them. -1
 * with errno: the kernel does not tell what it stops at (before Linux 5.3).
 */
int learn_follow(struct learn *learn, pid_t pid);

/*
 * Adds to POLICY what was learned: one rule a call, in the order of their names, and first those that every
 * program may need, without being seen to make them: what the kernel makes for it after a signal, and what is
 * answered without a call on other machines (vdso(7)).
 */
void learn_add(const struct learn *learn, struct policy *policy);

/* The same as text (text.h), with what was seen how often; calls without a name by their number. */
void learn_print(const struct learn *learn, struct buffer *buffer);

void learn_close(struct learn *learn);

#endif
