/* SPDX-License-Identifier: MIT */
/* Seccomp profiles in JSON as Docker, Podman and OCI runtimes have them, alone or inside a config.json. */
#ifndef BUTTER_POLICY_OCI_H
#define BUTTER_POLICY_OCI_H

#include "policy/policy.h"

/* What conditions of a profile are tried on. */
struct oci_circumstances {
	enum arch arch;        /* the program's */
	uint64_t capabilities; /* bits: the bounding set that the command will have */
	unsigned kernel_major, kernel_minor;
};

/* Whether LENGTH bytes of BYTES look like JSON. */
bool oci_is_json(const char *bytes, size_t length);

/* Adds the rules of LENGTH bytes of BYTES, of the file FILE. */
void oci_read(struct policy *policy, const char *file, const char *bytes, size_t length,
	      const struct oci_circumstances *circumstances, struct problems *problems);

#endif
