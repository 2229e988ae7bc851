/* SPDX-License-Identifier: MIT */
/* The numbers that have names in C: AF_PACKET, PROT_EXEC, CLONE_NEWUSER, ENOSYS. */
#ifndef BUTTER_POLICY_CONSTANTS_H
#define BUTTER_POLICY_CONSTANTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/buffer.h"
#include "policy/arch.h"

/* The value of LENGTH bytes of NAME on ARCH, negative ones with all 64 bits; false: nobody knows it here. */
bool constants_find(const char *name, size_t length, enum arch arch, uint64_t *value);

/* The name that may have been meant, good until the next call; NULL: none is near. */
const char *constants_nearest(const char *name, size_t length);

/*
 * Appends VALUE by the names that begin with PREFIX (`O_`, `AF_`): the one that it is, or, where they are
 * flags, those that it has, separated by `|`, and what is left in hexadecimal. false: none fits, and nothing
 * was appended.
 */
bool constants_print(struct buffer *buffer, const char *prefix, uint64_t value, enum arch arch);

/* The errno of LENGTH bytes of NAME (EPERM; also a number from 1 to 4095); 0: none, or 0. */
int constants_errno(const char *name, size_t length);

/* Its name; NULL: it has none. */
const char *constants_errno_name(int error);

#endif
