/* SPDX-License-Identifier: MIT */
/* What would become of a system call under a policy, and by which of its rules. */
#ifndef BUTTER_POLICY_EMULATE_H
#define BUTTER_POLICY_EMULATE_H

#include "cli/buffer.h"
#include "policy/policy.h"

/* One call, as the kernel sees it. */
struct emulate_call {
	const char *name; /* as typed: memory of the policy */
	enum arch arch;   /* by its number it may be x32's, though x86_64's were asked for */
	uint32_t number;
	uint64_t arguments[SYSCALL_ARGUMENTS];
};

/*
 * Reads TEXT, what OPTION was given: `NAME`, or `NAME(ARGUMENT, ...)`, where an argument is a number or
 * constants, and those that are left out are 0; a number stands for a call without a name. False: it was
 * wrong, which has been added to the problems.
 */
bool emulate_read(struct policy *policy, const char *option, const char *text, enum arch arch,
		  struct emulate_call *call, struct problems *problems);

/*
 * Appends one line: the call, what becomes of it where ARCHES (bits) are let in, and by what. True: it is
 * done, told the log or not.
 */
bool emulate_print(struct buffer *buffer, const struct policy *policy, unsigned arches,
		   const struct emulate_call *call);

/* Appends ACTION as rules have it: `allow`, `errno EPERM`. */
void emulate_print_action(struct buffer *buffer, struct policy_action action);

/* Appends `FILE:LINE:COLUMN`, or as much of it as is known. */
void emulate_print_place(struct buffer *buffer, const struct place *place);

#endif
