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
	const char *rules_file;     /* --permit; NULL: not given */
	const char *ask;            /* --ask; NULL: not given */
	int64_t ask_timeout;        /* nanoseconds; -1: not given */
	uint64_t ask_default, tell; /* 0: not given */
	bool audit;
	bool quiet; /* no notes about rules without an effect */

	char *asked[2]; /* the command of --ask, as permit wants it */
	struct rules rules;
	struct permit permit;
	int refused; /* the status after a message that a path cannot be watched */
};

#define PERMITTING_DEFAULT                                                                         \
	{                                                                                          \
		.ask_timeout = -1                                                                  \
	}

/* Each adds the option of its name to TABLE; they fill PERMITTING. */
void permitting_add_ask(struct opt_table *table, struct permitting *permitting);
void permitting_add_ask_default(struct opt_table *table, struct permitting *permitting);
void permitting_add_ask_timeout(struct opt_table *table, struct permitting *permitting);
void permitting_add_audit(struct opt_table *table, struct permitting *permitting);
void permitting_add_permit(struct opt_table *table, struct permitting *permitting);
void permitting_add_tell(struct opt_table *table, struct permitting *permitting);

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
