/* SPDX-License-Identifier: MIT */
/*
 * Permission mode at the command line: the rows of its options (cli/opt.h), each with the static that
 * it fills, and the way from there to permit/permit.h and back, with messages.
 */
#ifndef BUTTER_PERMITTING_H
#define BUTTER_PERMITTING_H

#include "cli/opt.h"
#include "permit/permit.h"

/* What the options fill. */
struct permitting {
	const char *rules_file; /* --permit; NULL: not given */
	char *ask[2];           /* --ask and NULL; NULL: not given */
	int64_t ask_timeout;    /* nanoseconds */
	uint64_t ask_default, tell;
	bool audit;

	struct rules rules;
	struct permit permit;
};

/* The values of --ask-default and --tell. */
extern const struct name permitting_defaults[], permitting_tells[];

#define PERMITTING_DEFAULT                                                                         \
	{                                                                                          \
		.ask_timeout = 5 * NUM_SECOND                                                      \
	}

#define PERMITTING_ASK(this)                                                                         \
	{                                                                                            \
		OPT_STRING, 0, "ask", "COMMAND", &(this).ask[0],                                     \
			"--permit: run COMMAND where a rule says ask; its status 0 allows, 1 denies" \
	}

#define PERMITTING_ASK_DEFAULT(this)                                                               \
	{                                                                                          \
		OPT_CHOICE, 0, "ask-default", "ANSWER", &(this).ask_default,                       \
			"--ask: the answer when COMMAND gives none: allow (default) or deny",      \
			permitting_defaults, 0, 0                                                  \
	}

#define PERMITTING_ASK_TIMEOUT(this)                                                               \
	{                                                                                          \
		OPT_DURATION, 0, "ask-timeout", "DURATION", &(this).ask_timeout,                   \
			"--permit: how long COMMAND may take, and we may be silent (5s)"           \
	}

#define PERMITTING_AUDIT(this)                                                                     \
	{                                                                                          \
		OPT_FLAG, 0, "audit", NULL, &(this).audit,                                         \
			"--permit: have the kernel write each answer to the audit log"             \
	}

#define PERMITTING_PERMIT(this)                                                                    \
	{                                                                                          \
		OPT_STRING, 0, "permit", "RULES", &(this).rules_file,                              \
			"allow and deny opening and executing by the rules in the file RULES"      \
	}

#define PERMITTING_TELL(this)                                                                      \
	{                                                                                          \
		OPT_CHOICE, 0, "tell", "WHAT", &(this).tell,                                       \
			"--permit: print all (default) decisions, those that are denied, or none", \
			permitting_tells, 0, 0                                                     \
	}

/* Whether permission mode is asked for. */
bool permitting_is_on(const struct permitting *permitting);

/* What goes with what. 0, or the status after a message. */
int permitting_check(const struct permitting *permitting);

/*
 * Reads the rules and starts to answer on PATHS, COUNT of them: then permitting->permit.source gives the
 * events. 0, or the status after a message: then nothing is marked.
 */
int permitting_start(struct permitting *permitting, enum permit_scope scope,
		     const char *const *paths, size_t count);

/* Whether it has ended by itself; permitting_end tells why. */
bool permitting_is_over(const struct permitting *permitting);

/* Ends it: STATUS, or another one after a message that says why it ended by itself. */
int permitting_end(struct permitting *permitting, int status);

#endif
