/* SPDX-License-Identifier: MIT */
/* The arguments of system calls, as conditions name them: `domain`, `arg0`, `arg0:32`. */
#ifndef BUTTER_ARGUMENT_H
#define BUTTER_ARGUMENT_H

#include "policy/scan.h"

struct argument {
	unsigned char index; /* among the parameters */
	bool is_low; /* 32 bits of it count, since the call looks at no more, or since that is said */
	bool is_raw; /* it is named by its number alone: all its bits can be meant */
};

/*
 * Reads one of CALL (SYSCALL_NONE: of any). False: it has none of that name, which has been added to the
 * problems.
 */
bool argument_read(struct scan *scan, int call, struct argument *argument);

#endif
