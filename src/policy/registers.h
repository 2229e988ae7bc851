/* SPDX-License-Identifier: MIT */
/*
 * Where the parameters of system calls stand: each in one register, but on architectures whose registers have
 * 32 bits, some have 64 and take two, and some calls of x86 take a pointer to them all. syscall(2), and the
 * kernel's arch/x86/kernel/sys_ia32.c, arch/arm/kernel/sys_arm.c and kernel/uid16.c.
 */
#ifndef BUTTER_REGISTERS_H
#define BUTTER_REGISTERS_H

#include "policy/clauses.h"

enum registers_kind {
	REGISTERS_ONE,
	REGISTERS_PAIR, /* it has 64 bits: the low half in LOW, the high one in HIGH */
	REGISTERS_SHORT, /* a user or group of 16 bits: what stands above them does not count, 0xffff is -1 */
	REGISTERS_MEMORY, /* no register has it */
};

struct registers {
	enum registers_kind kind;
	unsigned char low, high;
};

/* Those of the parameter INDEX, from 0, of CALL (SYSCALL_NONE: any) on ARCH (ARCH_NONE: any with 64 bits). */
struct registers registers_of(int call, unsigned index, enum arch arch);

/* Whether it stands elsewhere on some architecture. */
bool registers_vary(int call, unsigned index);

/* Its value, of what the registers have. */
uint64_t registers_get(const struct registers *registers,
		       const uint64_t arguments[SYSCALL_ARGUMENTS]);

/* Sets them to VALUE, unless it is in memory. */
void registers_set(const struct registers *registers, uint64_t value,
		   uint64_t arguments[SYSCALL_ARGUMENTS]);

/* Adds to CLAUSES what TEST of the parameter's value, not in memory, is as tests of these registers. */
void registers_test(const struct registers *registers, const struct policy_test *test,
		    struct clauses *clauses);

#endif
