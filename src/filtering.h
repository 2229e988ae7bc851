/* SPDX-License-Identifier: MIT */
/*
 * A command run under a filter for its system calls, or what that filter is: from the rules and files of the
 * command line to the program that the kernel gets.
 */
#ifndef BUTTER_FILTERING_H
#define BUTTER_FILTERING_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/names.h"
#include "cli/opt.h"
#include "confining.h"

/* When the filter is loaded: before the command is executed, when it has been, or when its loader is done. */
enum filtering_point { FILTERING_START, FILTERING_EXEC, FILTERING_ENTRY };

/* The names of these. */
extern const struct name filtering_points[];

/* What is wanted, as typed. */
struct filtering {
	struct opt_list rules;         /* --allow, --deny, --errno and --policy, in their order */
	const char *otherwise, *newer; /* actions; NULL: what the files say */
	struct opt_list arches;
	bool fakes; /* errno 0 is no error */
	bool check, dry_run;
	uint64_t dump;             /* enum dumping_form; 0: no */
	const char *emulate;       /* a call, or NULL */
	bool json;                 /* lists are JSON lines */
	int64_t export_fd;         /* where the program goes instead of into the kernel; -1 */
	uint64_t at;               /* enum filtering_point */
	bool strict;               /* read, write and the end alone */
	bool explain;              /* what is denied is told */
	const char *learn, *merge; /* files; NULL */
	struct confining confining;
};

/* Does it, for COMMAND (NULL: there is none). The exit status; what failed has been told. */
int filtering(const struct filtering *wish, char **command);

/* Print what has a name: system calls of the architecture; groups, or what is in GROUP if that is not "". */
int filtering_list_calls(const struct filtering *wish);
int filtering_list_groups(const struct filtering *wish, const char *group);

#endif
