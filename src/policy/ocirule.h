/* SPDX-License-Identifier: MIT */
/* The rules of a profile in JSON, one by one. */
#ifndef BUTTER_OCIRULE_H
#define BUTTER_OCIRULE_H

#include "policy/ocivalue.h"

/*
 * An action by its name, SCMP_ACT_ERRNO, with the errno that stands beside it in OBJECT as a number,
 * NUMBER, or a name, NAME; without, it is EPERM.
 */
bool ocirule_action(const struct oci *oci, const struct ocivalue *object, const char *key,
		    const char *number, const char *name, struct policy_action *action);

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
