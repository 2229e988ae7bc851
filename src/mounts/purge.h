/* SPDX-License-Identifier: MIT */
/* All that is in a folder removed, but for what is mounted there. */
#ifndef BUTTER_PURGE_H
#define BUTTER_PURGE_H

/*
 * Removes what is in the folder FD, which is closed; what others are mounted on stays, with the folders
 * above it. What cannot be removed stays, too.
 */
void purge(int fd);

#endif
