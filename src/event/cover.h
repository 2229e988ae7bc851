/* SPDX-License-Identifier: MIT */
/*
 * Mounts below the roots of a recursive watch: what they cover and uncover.
 *
 * inotify tells when the last mount of a file system ends, and nothing else of mounts. So whenever
 * /proc/self/mountinfo says that they have changed, the places of those that came, went or moved are
 * looked up in the tree. A folder that is not at its path any more is told to be unmounted, as a
 * synthetic event; what is there instead is watched and read.
 */
#ifndef BUTTER_COVER_H
#define BUTTER_COVER_H

#include "event/files.h"

/* To be called before anything is watched: what is mounted by now is no news. */
void cover_open(struct files *files);

/* All of the queue has been followed: the next thing to be told of mounts, 1 and *EVENT, or 0. */
int cover_tell(struct files *files, struct event *event);

void cover_close(struct files *files);

#endif
