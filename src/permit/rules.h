/* SPDX-License-Identifier: MIT */
/*
 * Rules for requests: who may do what to which files. One stands on a line, the first that fits
 * decides, and what fits none is allowed:
 *
 *	VERB [OPERATION[,...]] [PATTERN] [if|unless KEY=VALUE[,...] ...]	# comment
 *
 *	deny exec /srv/uploads
 *	deny=EBUSY open *.key unless uid=0 comm=backup*
 *	ask
 *
 * Words may have "quotes", for blanks and commas; \\ and \" and the like mean the character as it is,
 * \ooo the byte with that octal number, as butter prints names. pattern.h says what patterns mean.
 */
#ifndef BUTTER_RULES_H
#define BUTTER_RULES_H

#include "permit/pattern.h"

#include <stdint.h>

enum rules_verb {
	RULES_ALLOW,
	RULES_DENY,
	RULES_ASK,
};

enum rules_key {
	RULES_PID,
	RULES_UID,
	RULES_GID,
	RULES_COMM,
	RULES_EXE,
};

/* A condition holds when what is known of the process is one of the values. */
struct rules_value {
	uint32_t number;
	struct pattern pattern;
	size_t column; /* of where it stands, as in rules_error */
};

struct rules_condition {
	enum rules_key key;
	struct rules_value *values;
	size_t count;
};

struct rule {
	enum rules_verb verb;
	int error;           /* RULES_DENY: the errno that was chosen; 0: none */
	uint64_t operations; /* FAN_OPEN_PERM ... */
	struct pattern pattern;
	size_t line, column; /* of the pattern; 0: there is none */
	bool unless;         /* it fits when not all conditions hold */
	struct rules_condition *conditions;
	size_t count;
};

struct rules {
	struct rule *rules;
	size_t count;
	uint64_t operations; /* of all rules */
	bool errors;         /* some rule wants an errno other than the EPERM of any denial */
	size_t asks;         /* the line of the first rule that asks; 0: none */
};

/* Where and why a text is not of that form; both count from 1, the column in bytes. */
struct rules_error {
	size_t line, column;
	char text[200];
};

/* What is asked for, and by whom. What is not known matches no value of a condition. */
struct rules_request {
	uint64_t
		operation; /* one of FAN_OPEN_PERM, FAN_ACCESS_PERM, FAN_OPEN_EXEC_PERM, FAN_PRE_ACCESS */
	const char *path; /* NULL: it cannot be told; then all patterns but those of allow match */
	int32_t pid;      /* 0: not known */
	bool has_ids;
	uint32_t uid, gid;      /* effective */
	const char *comm, *exe; /* NULL: not known */
	/* Fills what a rule asks for, once: uid, gid and comm for RULES_UID, exe for RULES_EXE. */
	void (*look)(struct rules_request *request, enum rules_key key);
	bool looked, looked_exe;
};

struct rules_answer {
	enum rules_verb verb;
	int error; /* RULES_DENY: errno; 0: none was chosen */
};

/* Reads the SIZE bytes of TEXT: 0, or -1 and *ERROR, and RULES is empty. */
int rules_read(struct rules *rules, const char *text, size_t size, struct rules_error *error);

/* Follows symbolic links in the paths of all rules; pattern_resolve. */
void rules_resolve(struct rules *rules);

/* Decides. */
struct rules_answer rules_decide(const struct rules *rules, struct rules_request *request);

void rules_done(struct rules *rules);

#endif
