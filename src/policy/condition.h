/* SPDX-License-Identifier: MIT */
/*
 * Conditions on the arguments of a system call, as rules and policies in text have them:
 *
 *	domain == AF_UNIX || (domain == AF_INET && type & SOCK_NONBLOCK)
 *	arg1 & O_ACCMODE == O_RDONLY, prot in PROT_READ|PROT_WRITE, arg0 in 1..3, !(arg0:32 > 7)
 *
 * `arg & V` alone: some bit of V is set; `arg in V`: no other bit is. Comparisons know no sign.
 */
#ifndef BUTTER_CONDITION_H
#define BUTTER_CONDITION_H

#include "policy/scan.h"

/*
 * One on the arguments of CALL (SYSCALL_NONE: of any call), as far as it goes. Parameters are known by
 * their names or as arg0 to arg5; `arg0:32` compares the low 32 bits only. NULL: it was wrong, which has
 * been added to the problems; what is left is behind it.
 */
const struct policy_condition *condition_read(struct scan *scan, int call);

#endif
