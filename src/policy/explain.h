/* SPDX-License-Identifier: MIT */
/*
 * Telling what a policy denies. Each call that is not allowed asks a supervisor (seccomp_unotify(2)), which
 * tells of it and then does what the policy says; calls that are allowed ask nobody, and cost nothing.
 */
#ifndef BUTTER_POLICY_EXPLAIN_H
#define BUTTER_POLICY_EXPLAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "policy/policy.h"

struct explain_denial {
	pid_t pid, thread;
	const char *program; /* as /proc/PID/comm */
	const char *name;    /* of the call, or its number */
	const char *call;    /* with its arguments, decode.h */
	enum arch arch;      /* of the call; ARCH_NONE: nobody knows it here */
	bool is_foreign;     /* that is not let in */
	struct policy_action action;
	const struct policy_rule *rule; /* NULL: none fits */
	bool is_newer;                  /* than all that the policy names */
};

struct explain {
	const struct policy *policy; /* finished */
	unsigned arches;             /* bits: of compile_how */
	int listener;
	void (*tell)(const struct explain_denial *denial, void *context);
	/* COUNT more of the call NAME, of which there were too many in a second, were not told. */
	void (*tell_more)(const char *name, uint64_t count, void *context);
	void *context;
};

/*
 * Supervises until no process is left under the filter. If this process is killed, a second one goes on in
 * its place, with what it was just doing as well. -1 with errno of seccomp_receive, or ENOMEM.
 */
int explain_serve(const struct explain *explain);

#endif
