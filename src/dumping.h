/* SPDX-License-Identifier: MIT */
/*
 * Telling others what a filter is and does, and what has a name in policies: on standard output, where
 * nothing else is said.
 */
#ifndef BUTTER_DUMPING_H
#define BUTTER_DUMPING_H

#include "cli/names.h"
#include "policy/compile.h"

enum dumping_form { DUMPING_ASM = 1, DUMPING_BPF, DUMPING_C, DUMPING_JSON };

/* The names of these. */
extern const struct name dumping_forms[];

/* Each returns 0, or the status of failing: then a message, or one of PROBLEMS, says why. */

/* PROGRAM, or the POLICY that it was made of, in FORM. */
int dumping(const struct policy *policy, const struct program *program, unsigned arches,
	    enum dumping_form form, struct problems *problems);

/* What becomes of CALL (emulate.h) of ARCH where ARCHES are let in: 0 if it is done, 1 if not. */
int dumping_outcome(struct policy *policy, const char *call, enum arch arch, unsigned arches,
		    struct problems *problems);

/* What would be loaded, in some lines. */
void dumping_summary(const struct policy *policy, const struct program *program, unsigned arches,
		     enum arch arch);

/* The bytes of PROGRAM to FD; or FD is a file with them from now on, which a command inherits. */
int dumping_write(const struct program *program, int fd);
int dumping_give(const struct program *program, int fd);

/* All calls of ARCH; all groups, or what is in GROUP if that is not "". */
int dumping_calls(enum arch arch, bool is_json);
int dumping_groups(const char *group, enum arch arch, bool is_json);

#endif
