/* SPDX-License-Identifier: MIT */
/*
 * A policy: rules about system calls in order, of which the first that fits decides, and what happens to all
 * others. Readers (text.h, oci.h, rule.h) fill it, the compiler (compile.h) makes a program of it, and
 * policy_decide says what it means: the program must say the same.
 */
#ifndef BUTTER_POLICY_H
#define BUTTER_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/arch.h"
#include "policy/pool.h"
#include "policy/problems.h"
#include "policy/syscalls.h"

/* What becomes of a call, the mildest first; SECCOMP_RET_... of seccomp(2). */
enum policy_kind {
	POLICY_ALLOW,
	POLICY_LOG,
	POLICY_TRACE,  /* data: what the tracer is told */
	POLICY_NOTIFY, /* a supervisor is asked */
	POLICY_ERRNO,  /* data: the error, 1 to 4095 */
	POLICY_TRAP,   /* SIGSYS; data: si_errno */
	POLICY_KILL_THREAD,
	POLICY_KILL, /* the process */
};

struct policy_action {
	enum policy_kind kind;
	uint16_t data;
};

/* (argument & mask) is compared with value. */
enum policy_comparison { POLICY_EQ, POLICY_NE, POLICY_LT, POLICY_LE, POLICY_GT, POLICY_GE };

struct policy_test {
	unsigned char argument; /* 0 to 5 */
	bool is_low;            /* only the low 32 bits count, of value and mask too */
	enum policy_comparison comparison;
	uint64_t mask; /* all bits set: none is left out */
	uint64_t value;
};

/* True if in one of its clauses all tests are. */
struct policy_condition {
	struct policy_clause {
		struct policy_test *tests;
		size_t count;
	} * clauses;
	size_t count;
};

struct policy_rule {
	int call;             /* of syscalls.h; SYSCALL_NONE: those from FIRST to LAST */
	uint32_t first, last; /* numbers as the kernel gives them */
	unsigned arches;      /* bits, 1 << ARCH_...: only there; 0: everywhere */
	const struct policy_condition *condition; /* NULL: whatever its arguments are */
	struct policy_action action;
	struct place place;
};

struct policy {
	/* To be set before anything is read: */
	bool fakes;    /* errno 0, a success that is none, is no error */
	unsigned open; /* bits: the architectures that are let in, of which all has to be told */
	struct policy_rule *rules;
	size_t count, room;
	bool has_otherwise; /* what is said next was said, and where */
	struct policy_action otherwise;
	struct place otherwise_place;
	bool has_newer;             /* the same of */
	struct policy_action newer; /* calls from 424 on that are newer than all that it names */
	unsigned arches;  /* bits: those that its files speak of; the caller lets them in or not */
	unsigned flags;   /* SECCOMP_FILTER_FLAG_... that its files ask for */
	struct pool kept; /* memory that lives as long as this */
};

/* Zeroed memory that lives as long as POLICY. */
void *policy_keep(struct policy *policy, size_t size);

/* A copy of LENGTH bytes of TEXT, with a NUL, that does so. */
const char *policy_keep_text(struct policy *policy, const char *text, size_t length);

/* Adds a rule behind those that there are. */
void policy_add(struct policy *policy, const struct policy_rule *rule);

/*
 * To be called when all has been read: what was not said gets its usual value (otherwise: allow if nothing is
 * allowed by name, else EPERM; newer: ENOSYS unless otherwise is allow or log). Rules of one file, or of the
 * options, that can never be met, since one before them always is, are warned of; in JSON only if they
 * contradict that one. What has one place (all calls of a group) is one rule here.
 */
void policy_finish(struct policy *policy, struct problems *problems);

/* Whether TEST holds for ARGUMENT. */
bool policy_test_holds(const struct policy_test *test, uint64_t argument);

/* The numbers of a rule on ARCH, *FIRST to *LAST; false: it is none of this architecture's. */
bool policy_numbers(const struct policy_rule *rule, enum arch arch, uint32_t *first,
		    uint32_t *last);

/*
 * From this number on a call is newer than POLICY: above all numbers that it names on ARCH, and those before
 * 424, from where on numbers are the same everywhere.
 */
uint32_t policy_newer(const struct policy *policy, enum arch arch);

/* Numbers from *FIRST to *LAST of ARCH that are never newer, -1 aside; false: there are none. */
bool policy_apart(enum arch arch, uint32_t *first, uint32_t *last);

/*
 * What becomes of the call NUMBER of ARCH with ARGUMENTS, and by which rule: *RULE (which may be NULL), NULL
 * where none fits and policy->otherwise or newer decides. Of the arguments only as many bits count as
 * registers of ARCH have: with int 0x80, rubbish can stand in those above. A number that is x32's is not
 * ARCH_X86_64's.
 */
struct policy_action policy_decide(const struct policy *policy, enum arch arch, uint32_t number,
				   const uint64_t arguments[SYSCALL_ARGUMENTS],
				   const struct policy_rule **rule);

void policy_close(struct policy *policy);

#endif
