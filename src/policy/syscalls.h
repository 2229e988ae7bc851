/* SPDX-License-Identifier: MIT */
/*
 * The system calls by name: their numbers on each architecture (src/policy/syscalls.tsv, the kernel's own
 * tables) and their parameters (src/policy/parameters.tsv: the kernel's event formats and the man pages).
 */
#ifndef BUTTER_POLICY_SYSCALLS_H
#define BUTTER_POLICY_SYSCALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "policy/arch.h"

enum { SYSCALL_NONE = -1, SYSCALL_ARGUMENTS = 6 };

/* What a parameter is: how wide a comparison of it is, and how it is shown. */
enum parameter_kind {
	PARAMETER_LONG,    /* all bits of a register count: long, size_t, ... */
	PARAMETER_WIDE,    /* 64 bits on all architectures: loff_t, u64; registers.h */
	PARAMETER_INT,     /* the low 32 bits count, and may be negative */
	PARAMETER_UINT,    /* the low 32 bits count */
	PARAMETER_FD,      /* an int: a descriptor, or AT_FDCWD */
	PARAMETER_STRING,  /* a pointer to text that ends with a NUL, a path among it */
	PARAMETER_POINTER, /* to something else */
};

struct parameter {
	const char *name;  /* the kernel's; "" unknown */
	const char *other; /* the manual's, where that is another; else NULL */
	enum parameter_kind kind;
};

/* How many names there are; each is known by its place from 0 on, in alphabetical order. */
int syscalls_count(void);

const char *syscalls_name(int call);

/* The place of the call of LENGTH bytes of NAME; SYSCALL_NONE: there is none. */
int syscalls_find(const char *name, size_t length);

/* The name that may have been meant by NAME; NULL: none is near. */
const char *syscalls_nearest(const char *name, size_t length);

/* The number of CALL on ARCH (with the bit of x32); -1: it has no such call. */
int64_t syscalls_number(int call, enum arch arch);

/* The call that NUMBER is on ARCH; SYSCALL_NONE: nobody knows it here. */
int syscalls_at(uint32_t number, enum arch arch);

/* The highest number that is known on ARCH, ARM's private calls and x32's own (from 512 on) left aside. */
uint32_t syscalls_newest(enum arch arch);

/*
 * Fills in the parameters of CALL and returns how many it has, 0 to 6; -1: nobody knows them here, and all of
 * arg0 to arg5 count with 64 bits.
 */
int syscalls_parameters(int call, struct parameter parameters[SYSCALL_ARGUMENTS]);

/*
 * Calls that do the same for whoever forbids one of them (open: open openat openat2 creat): the next one
 * after PREVIOUS of the class of CALL, SYSCALL_NONE at first and at the end.
 */
int syscalls_kin(int call, int previous);

#endif
