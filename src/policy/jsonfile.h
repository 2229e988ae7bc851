/* SPDX-License-Identifier: MIT */
/* Files in JSON, read as RFC 8259 has it, by json-c. */
#ifndef BUTTER_JSONFILE_H
#define BUTTER_JSONFILE_H

#include "policy/policy.h"

struct json_object;

enum { JSONFILE_DEEPEST = 64 };

/*
 * LENGTH bytes of BYTES, of the file FILE; json_object_put it. NULL: it is none, or has a key twice or a
 * whole number over 64 bits, which has been added to the problems. POLICY keeps memory.
 */
struct json_object *jsonfile_read(struct policy *policy, const char *file, const char *bytes,
				  size_t length, struct problems *problems);

#endif
