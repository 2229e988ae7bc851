/* SPDX-License-Identifier: MIT */
/* From a policy to the program that the kernel runs at each system call: classic BPF, seccomp(2). */
#ifndef BUTTER_POLICY_COMPILE_H
#define BUTTER_POLICY_COMPILE_H

#include <linux/filter.h>

#include "policy/policy.h"

enum { COMPILE_MOST = 4096 }; /* instructions; BPF_MAXINSNS */

struct program {
	struct sock_filter *code;
	size_t count;
};

struct compile_how {
	unsigned arches; /* bits: the policy decides their calls; those of others end the process */
	/* A supervisor is told what is denied, also of those others: all but ALLOW, LOG, TRACE is NOTIFY. */
	bool notifies;
};

/*
 * Makes PROGRAM of POLICY, which is finished; free(3) its code. -1 with errno E2BIG: it would have
 * program->count instructions, more than COMPILE_MOST; then it has no code.
 */
int compile(const struct policy *policy, const struct compile_how *how, struct program *program);

#endif
