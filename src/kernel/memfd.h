/* SPDX-License-Identifier: MIT */
/* memfd_create(2): a file in memory that has no name. */
#ifndef BUTTER_MEMFD_H
#define BUTTER_MEMFD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cli/names.h"
#include "cli/say.h"

/*
 * A new, empty file for reading and writing, close-on-exec, which is gone with its last
 * descriptor. Where the kernel does not give one in memory, it is a file without a name in
 * /dev/shm, /tmp or /var/tmp: open(2), O_TMPFILE. -1 with errno EMFILE, ENFILE, ENOMEM, or of
 * memfd_create where none of these folders takes it either.
 */
int memfd_open(void);

enum { MEMFD_NAME_MAX = 249 /* bytes */ };

/* Advice for errors of memfd_make and of writing to what it has made. */
extern const struct hint memfd_hints[];

/*
 * A new, empty file in memory alone, close-on-exec, that can be sealed. NAME, of MEMFD_NAME_MAX at most, is
 * what /proc shows of it. It may be executed if the machine allows that (vm.memfd_noexec), and with NOEXEC
 * never. -1 with errno EMFILE, ENFILE, ENOMEM, ENOSYS, EOPNOTSUPP (NOEXEC: before Linux 6.3).
 */
int memfd_make(const char *name, bool noexec);

/*
 * Puts the next SIZE bytes of the file FROM there. -1 with errno of sendfile(2), read(2), or
 * write(2), or ENODATA: there were less.
 */
int memfd_fill(int fd, int from, size_t size);

/* The seals by name, F_ADD_SEALS of fcntl(2); and `none`, which is none. */
extern const struct name memfd_seals[];

enum {
	MEMFD_NONE = 1 << 30,
	MEMFD_UNCHANGEABLE = 0xf, /* seal, shrink, grow, write: from now on it is what it is */
};

/*
 * From now on nobody can do with it what SEALS forbid. -1 with errno EINVAL (the kernel does not know one of
 * them), EBUSY (it is mapped for writing), EPERM (sealed against seals).
 */
int memfd_seal(int fd, uint64_t seals);

#endif
