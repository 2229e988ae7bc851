/* SPDX-License-Identifier: MIT */
/* Policies in text: minijail's language as it stands, with groups, ranges, @default, @newer and includes. */
#ifndef BUTTER_POLICY_TEXT_H
#define BUTTER_POLICY_TEXT_H

#include "policy/policy.h"

/*
 * What reads a file that is included: its BYTES, free(3) them, or NULL with errno. PATH is as it is written,
 * beside the file BESIDE.
 */
typedef char *text_reader(const char *path, const char *beside, size_t *length, void *context);

/* Adds the rules of LENGTH bytes of BYTES, of the file FILE. */
void text_read(struct policy *policy, const char *file, const char *bytes, size_t length,
	       text_reader *reader, void *context, struct problems *problems);

#endif
