/* SPDX-License-Identifier: MIT */
/* The actions of a profile in JSON. */
#ifndef BUTTER_OCIACTION_H
#define BUTTER_OCIACTION_H

#include "policy/ocivalue.h"

/*
 * An action by its name, SCMP_ACT_ERRNO, with the errno that stands beside it in OBJECT as a number,
 * NUMBER, or a name, NAME; without, it is EPERM. False: it was wrong, which has been added to the problems.
 */
bool ociaction_read(const struct oci *oci, const struct ocivalue *object, const char *key,
		    const char *number, const char *name, struct policy_action *action);

#endif
