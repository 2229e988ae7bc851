/* SPDX-License-Identifier: MIT */
/* Telling what is wrong with a policy. */
#ifndef BUTTER_COMPLAINING_H
#define BUTTER_COMPLAINING_H

#include "policy/problems.h"

/*
 * Tells those of PROBLEMS from FROM on, each on its line: whoever mends a policy wants to see more than the
 * first; but not all lines of a file that is none. 0 where none of all is an error, else the status of
 * failing.
 */
int complaining(const struct problems *problems, size_t from);

#endif
