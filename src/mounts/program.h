/* SPDX-License-Identifier: MIT */
/* What a program needs to be started. */
#ifndef BUTTER_PROGRAM_H
#define BUTTER_PROGRAM_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * The interpreter of the program that begins with the SIZE BYTES: what follows `#!`, or what an ELF
 * file names (elf(5), PT_INTERP), as far as these go. False: it has none, or that is not to be seen.
 */
bool program_interpreter(const unsigned char *bytes, size_t size, char path[PATH_MAX]);

enum program_state {
	PROGRAM_IS_FINE,
	PROGRAM_CANNOT_BE_OPENED, /* errno; ENOSYS and EPERM: openat2(2) is not to be had */
	PROGRAM_IS_NO_FILE,
	PROGRAM_IS_NOT_EXECUTABLE,
	PROGRAM_IS_ON_NOEXEC,  /* its file system is mounted so */
	PROGRAM_HAS_NO_FORMAT, /* it is no script and no program for this machine */
};

/*
 * Whether PATH, in the folder ROOT as if that were the root, can be started, as far as can be seen:
 * with its interpreter, and that of this one. If not, CULPRIT is which of them cannot.
 */
enum program_state program_look(int root, const char *path, char culprit[PATH_MAX]);

#endif
