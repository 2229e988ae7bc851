/* SPDX-License-Identifier: MIT */
/* Pipes: pipe(7). */
#ifndef BUTTER_PIPE_H
#define BUTTER_PIPE_H

#include <stdbool.h>

/* Whether FD is a pipe without a name in any file system: when its last reader leaves, no other can come. */
bool pipe_is_nameless(int fd);

#endif
