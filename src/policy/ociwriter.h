/* SPDX-License-Identifier: MIT */
/* A policy as a profile in JSON for OCI runtimes, which means the same there, and when it is read here. */
#ifndef BUTTER_OCIWRITER_H
#define BUTTER_OCIWRITER_H

#include "cli/buffer.h"
#include "policy/policy.h"

/*
 * Appends POLICY, which is finished, as it is on ARCHES (bits), always in the same order. False: JSON has
 * no words for something in it, which has been added to the problems, and nothing is appended.
 */
bool ociwriter_print(struct buffer *buffer, const struct policy *policy, unsigned arches,
		     struct problems *problems);

#endif
