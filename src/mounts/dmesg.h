/* SPDX-License-Identifier: MIT */
/* What the kernel's log has had to say about a mount that failed. */
#ifndef BUTTER_MOUNT_DMESG_H
#define BUTTER_MOUNT_DMESG_H

#include "mounts/attach.h"

/*
 * Adds to TROUBLE what the log of WISH has had since kmsg_skip about the type or the device that was to
 * be mounted, or, where it is a change, about those of what is mounted at the open TARGET, or -1. errno
 * stays.
 */
void dmesg_take(const struct attach *wish, int target, struct trouble *trouble);

#endif
