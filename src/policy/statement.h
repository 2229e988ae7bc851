/* SPDX-License-Identifier: MIT */
/*
 * A statement of a policy in text: system calls, a colon, and what becomes of them.
 *
 *	read: 1			socket: domain == AF_UNIX; return EACCES
 *	{chown, fchown}: EPERM	ioctl: {arg1 == TCGETS, arg1 == TIOCSTI; kill, return ENOTTY}
 *	mmap[arch=x86_64,arm64]: prot in ~PROT_EXEC
 *
 * Both of minijail's own readers are followed: `CONDITION; return E` allows what fits and fails the rest,
 * as minijail0 -S has it; in braces, in a list of what is denied (@denylist), and before any other action,
 * what stands behind the semicolon is for what fits, as compile_seccomp_policy.py has it, which alone
 * knows these.
 */
#ifndef BUTTER_STATEMENT_H
#define BUTTER_STATEMENT_H

#include "policy/scan.h"

/*
 * Architectures behind each other, with commas or blanks between them, as bits; 0: wrong, which was
 * added.
 */
unsigned statement_arches(struct scan *scan);

/*
 * An action as this language has it: 1 allows, and no other number is one. False: wrong, which was
 * added.
 */
bool statement_action(struct scan *scan, struct policy_action *action);

/* Reads the one that SCAN holds and adds its rules, on ARCHES (bits; 0: all). */
void statement_read(struct scan *scan, unsigned arches, bool is_denylist);

#endif
