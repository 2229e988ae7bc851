/* SPDX-License-Identifier: MIT */
/* The rules of a profile in JSON, one by one. */
#ifndef BUTTER_OCIRULE_H
#define BUTTER_OCIRULE_H

#include "policy/ocivalue.h"

struct ocirule {
	struct ocivalue names; /* a list, or one name */
	struct policy_action action;
	const struct policy_condition *condition; /* NULL: none */
	struct place place;
	bool is_off; /* its includes or excludes leave it out */
};

/* Reads one. False: it was wrong, which has been added to the problems. */
bool ocirule_read(const struct oci *oci, const struct ocivalue *object, struct ocirule *rule);

/* Adds it to the policy, for each of its names. */
void ocirule_add(const struct oci *oci, const struct ocirule *rule);

#endif
