/* SPDX-License-Identifier: MIT */
/* What this process may do; capabilities(7). Sets of capabilities are bits: 1 << CAP_.... */
#ifndef BUTTER_CAPABILITY_H
#define BUTTER_CAPABILITY_H

#include <linux/capability.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether CAPABILITY (CAP_SYS_ADMIN, ...) is in the effective set; capget(2). False when the kernel
 * does not say. */
bool capability_have(int capability);

/* CAPABILITY's name as capabilities(7) spells it; "a capability" for one unknown here. */
const char *capability_name(int capability);

/* The capability of LENGTH bytes of NAME, with or without CAP_, in any case; -1: nobody knows it here. */
int capability_find(const char *name, size_t length);

struct capabilities {
	uint64_t effective, permitted, inheritable;
};

/* Those of this process. -1 with errno of capget(2). */
int capability_get(struct capabilities *sets);

/* -1 with errno EPERM: one is not permitted now, or an inheritable one not in the bounding set; capset(2). */
int capability_set(const struct capabilities *sets);

/* The bounding and the ambient set; prctl(2). */
uint64_t capability_bounding(void);
uint64_t capability_ambient(void);

/* Takes all but KEPT out of the bounding set. -1 with errno EPERM: that needs CAP_SETPCAP. */
int capability_bound(uint64_t kept);

/*
 * Makes SET the ambient set. -1 with errno EPERM: one is not permitted and inheritable, or a secure bit
 * forbids it; EINVAL: before Linux 4.3.
 */
int capability_lend(uint64_t set);

/* The permitted set outlives a change from root to another user, until the next execve(2); prctl(2). */
int capability_keep(void);

#endif
