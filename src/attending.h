/* SPDX-License-Identifier: MIT */
/*
 * What a process aside (process/aside.h) does for the command that this one becomes: it loads the filter when
 * the command runs already, tells what is denied, or learns what is needed.
 */
#ifndef BUTTER_ATTENDING_H
#define BUTTER_ATTENDING_H

#include <stdbool.h>
#include <stdint.h>

#include "policy/compile.h"
#include "policy/policy.h"

/* When the filter is loaded. */
enum attend_point {
	ATTEND_START, /* before the command is executed, by this process */
	ATTEND_EXEC,  /* when it has been */
	ATTEND_ENTRY, /* when its loader is done */
};

struct attending {
	/* For the caller to fill. */
	enum attend_point point;
	bool explains;               /* the program was compiled so */
	const struct policy *policy; /* finished */
	const struct program *program;
	unsigned arches;            /* bits, as compile_how has them */
	unsigned flags;             /* of seccomp(2) */
	int status_fd;              /* where `blocked` is told in JSON as well; -1 */
	const char *learns;         /* the file that gets what is learned; NULL: nothing is */
	const struct policy *known; /* with learns: what need not be learned; or NULL */
	const char *text;           /* that this adds to: of LENGTH bytes, in JSON or not */
	size_t length;
	bool is_json;

	/* Its own. */
	struct attend_shared *shared;
};

/* Whether somebody has to attend. */
bool attending_is_wanted(const struct attending *attending);

/*
 * Starts who attends, with the rights that this process still has. 0, or the status of failing, and a
 * message.
 */
int attending_start(struct attending *attending);

/*
 * The last step before the command is executed: loads the filter, or leaves that to who attends. 0, or -1
 * with errno of seccomp_load.
 */
int attending_load(struct attending *attending);

#endif
