/* SPDX-License-Identifier: MIT */
/* Nodes of loop devices in /dev, of which containers often have none. */
#ifndef BUTTER_LOOPNODE_H
#define BUTTER_LOOPNODE_H

#include <stdbool.h>

#include "kernel/loop.h"

/* The number in PATH, a name as the kernel gives it; -1: it is another one. */
int loopnode_number(const char *path);

/*
 * Opens LOOP->path, a node that is made if it is missing and has the kernel's name. -1 with errno of open(2),
 * mknod(2), and the *STEP.
 */
int loopnode_open(struct loop *loop, bool read_only, enum loop_step *step);

#endif
