/* SPDX-License-Identifier: MIT */
/* Leases on files, by which the kernel says who has them open: F_SETLEASE, fcntl(2). */
#ifndef BUTTER_LEASE_H
#define BUTTER_LEASE_H

#include <stdbool.h>

/*
 * Whether somebody has the regular file of FD, which was opened for reading only, open for writing. Where
 * that is not to be known (another's file and no CAP_LEASE, a file system without leases): false.
 *
 * The lease that tells it is held until FD is closed; who opens the file for writing has to wait for that,
 * and the kernel sends SIGIO, which the caller ignores.
 */
bool lease_finds_writer(int fd);

#endif
