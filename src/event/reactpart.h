/* SPDX-License-Identifier: MIT */
/* One run of the command of react.h: for its own modules. */
#ifndef BUTTER_REACTPART_H
#define BUTTER_REACTPART_H

#include "event/react.h"

/* How often each path stands in the command. */
size_t reactpart_copies(const struct react *react);

/* The bytes that are left for paths; execve(2), "Limits on size of arguments and environment". */
size_t reactpart_budget(const struct react *react);

/*
 * Where the run that begins with the path number FIRST ends; FIRST if that one does not fit at
 * all.
 */
size_t reactpart_end(const struct react *react, size_t first);

/* Starts the run of the paths from FIRST to END - 1; as command_start. */
int reactpart_start(struct react *react, size_t first, size_t end);

#endif
