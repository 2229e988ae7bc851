/* SPDX-License-Identifier: MIT */
/* The architectures whose system calls are known: their names, and how the kernel tells them apart. */
#ifndef BUTTER_POLICY_ARCH_H
#define BUTTER_POLICY_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* In the order of the columns of syscalls.tsv. */
enum arch {
	ARCH_X86,
	ARCH_X86_64,
	ARCH_ARM,
	ARCH_AARCH64,
	ARCH_RISCV64,
	ARCH_X32,
	ARCHES,
	ARCH_NONE = -1
};

struct arch_facts {
	char name[8];   /* as is typed: x86_64 */
	char oci[20];   /* in OCI's words: SCMP_ARCH_X86_64 */
	char go[8];     /* in Go's: amd64 */
	uint32_t audit; /* AUDIT_ARCH_..., what seccomp_data.arch is; seccomp(2) */
	uint32_t bit;   /* that all its numbers have: 0x40000000 for x32, else 0 */
	bool has_wide;  /* its registers have 64 bits */
};

const struct arch_facts *arch_facts(enum arch arch);

/* The one that this program was built for; ARCH_NONE: none of these. */
enum arch arch_native(void);

/*
 * The one that the call NUMBER of AUDIT, as the kernel tells them, is of: x32 by its bit, which -1 has by
 * chance. ARCH_NONE: nobody knows it here.
 */
enum arch arch_of_call(uint32_t audit, uint32_t number);

/* By any of its names, LENGTH bytes of NAME, without regard to case; ARCH_NONE: nobody knows it here. */
enum arch arch_find(const char *name, size_t length);

/* Whether it is the name, OCI's or Go's, of one that exists, and of which nothing is known here. */
bool arch_is_elsewhere(const char *name, size_t length);

/* The name, Go's or OCI's, of a known one that may have been meant by NAME; NULL: none is near. */
const char *arch_nearest(const char *name, bool is_go);

#endif
