/* SPDX-License-Identifier: MIT */
/*
 * A command run with less than this process can do: as another user, with fewer capabilities, with less to
 * reach (landlock(7)), and with fewer system calls (seccomp(2)). Each step is done before the next one is
 * tried, and where one fails the command is not run.
 */
#ifndef BUTTER_CONFINING_H
#define BUTTER_CONFINING_H

#include <stdint.h>

#include "attending.h"
#include "cli/opt.h"
#include "policy/land.h"
#include "process/identity.h"

/* What of it was asked for, as typed. */
struct confining {
	const char *user, *groups, *capabilities, *bounding;
	struct opt_list land; /* --ro PATH and its kin */
	uint64_t scopes;
	int64_t require_abi;
	int status_fd; /* what becomes of the command is told there; -1 */
};

/* The same, read. */
struct confined {
	struct identity identity;
	struct land land;
	int ruleset; /* -1 */
};

/* Reads it; 0, or the status of failing, and a message has been printed. */
int confining_read(const struct confining *wish, struct confined *confined);

/* Whether anything was asked for. */
bool confining_is_wanted(const struct confined *confined);

/* Becomes IDENTITY. 0, or the status of failing, and a message has been printed. */
int confining_identity(const struct identity *identity);

/*
 * Becomes COMMAND, confined, under the filter of ATTENDING (NULL: none). Returns only when that fails: the
 * status, and a message has been printed.
 */
int confining_become(const struct confining *wish, struct confined *confined,
		     struct attending *attending, char **command);

void confining_close(struct confined *confined);

#endif
