/* SPDX-License-Identifier: MIT */
/*
 * Policies in text: minijail's language as it stands, with groups, ranges, @default, @newer and
 * includes.
 */
#ifndef BUTTER_POLICY_TEXT_H
#define BUTTER_POLICY_TEXT_H

#include "policy/policy.h"

/*
 * Adds the rules of LENGTH bytes of BYTES, of the file FILE. READER reads a file that is included: its
 * bytes, free(3) them, or NULL with errno. PATH is as it is written, beside the file BESIDE.
 */
void text_read(struct policy *policy, const char *file, const char *bytes, size_t length,
	       char *reader(const char *path, const char *beside, size_t *length, void *context),
	       void *context, struct problems *problems);

#endif
