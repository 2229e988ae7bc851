/* SPDX-License-Identifier: MIT */
/* A policy put together of what stands in options and in files, in the order in which they are given. */
#ifndef BUTTER_POLICY_COLLECT_H
#define BUTTER_POLICY_COLLECT_H

#include "policy/oci.h"
#include "policy/policy.h"

/* The rules of LIST, what OPTION (`--deny`) was given; where it says no action, they get ACTION. */
void collect_rules(struct policy *policy, const char *option, const char *list,
		   struct policy_action action, struct problems *problems);

/* The same of `LIST=ERRNO`. */
void collect_errno(struct policy *policy, const char *option, const char *text,
		   struct problems *problems);

/* The action TEXT, what OPTION was given; false: it is none, and that has been added to the problems. */
bool collect_action(struct policy *policy, const char *option, const char *text,
		    struct policy_action *action, struct problems *problems);

/* The bytes of the file PATH, *LENGTH of them; free(3) them. NULL: that has been added to the problems. */
char *collect_load(const char *path, size_t *length, struct problems *problems);

/* The rules in LENGTH bytes of BYTES, of the file PATH, in text or JSON. */
void collect_bytes(struct policy *policy, const char *path, const char *bytes, size_t length,
		   const struct oci_circumstances *circumstances, struct problems *problems);

/* The rules of the file PATH, in text or JSON; `-` is standard input. */
void collect_file(struct policy *policy, const char *path,
		  const struct oci_circumstances *circumstances, struct problems *problems);

#endif
