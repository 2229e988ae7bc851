/* SPDX-License-Identifier: MIT */
/* Where a rule of a profile in JSON counts: its "includes" and "excludes". */
#ifndef BUTTER_OCIFILTER_H
#define BUTTER_OCIFILTER_H

#include "policy/ocivalue.h"

/*
 * Whether those of the rule OBJECT leave it out, by the circumstances of OCI. False: they were wrong, which
 * has been added to the problems.
 */
bool ocifilter_read(const struct oci *oci, const struct ocivalue *object, bool *is_off);

#endif
