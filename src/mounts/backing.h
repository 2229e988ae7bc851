/* SPDX-License-Identifier: MIT */
/* Files that the kernel itself uses: as disks, by loop devices, and as swap. */
#ifndef BUTTER_BACKING_H
#define BUTTER_BACKING_H

#include <stdbool.h>

/*
 * Hands each file that is a disk to EACH, with the name of its loop DEVICE, and each that is swap,
 * with a DEVICE of NULL, until that returns false. FILE is its path as the kernel has it, with `
 * (deleted)` behind it if it is that. What cannot be read, without /sys or /proc, is left out.
 */
void backing_each(bool (*each)(const char *device, const char *file, void *context), void *context);

#endif
