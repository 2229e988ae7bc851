/* SPDX-License-Identifier: MIT */
/*
 * name_to_handle_at(2), open_by_handle_at(2): what names an object of a file system for as long
 * as it exists, whatever it is called and wherever it moves.
 */
#ifndef BUTTER_HANDLE_H
#define BUTTER_HANDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/say.h"

enum { HANDLE_MAX = 128 }; /* bytes: MAX_HANDLE_SZ, what the kernel's own file systems need */

struct handle {
	uint64_t file_system; /* statfs(2)'s f_fsid */
	int type;             /* the file system's own */
	uint32_t length;      /* 0: there is none */
	bool opens;           /* handle_of has got it as one that can be opened */
	const unsigned char *bytes;
};

/* Advice for errors of handle_open. */
extern const struct hint handle_hints[];

/*
 * The handle of what is at PATH from the folder FD ("": FD itself, which may be O_PATH), not
 * followed if it is a symlink; its file system is FILE_SYSTEM; its bytes go into BYTES. Where the
 * file system only makes handles that cannot be opened, it is one of those. -1 with errno ENOENT,
 * EOPNOTSUPP (the file system has none), EOVERFLOW (longer than HANDLE_MAX), ENOSYS, EPERM (a
 * seccomp profile).
 */
int handle_of(int fd, const char *path, uint64_t file_system, unsigned char bytes[HANDLE_MAX],
	      struct handle *handle);

/* The id of the mount (mountinfo.h) through which PATH from FD is seen; -1 with errno as handle_of. */
int handle_mount(int fd, const char *path, bool follow);

/*
 * Opens the folder that HANDLE means with O_PATH, as seen through the mount of which MOUNT_FD is any
 * object. -1 with errno ESTALE (it is gone), EPERM (CAP_DAC_READ_SEARCH is missing), EMFILE,
 * ENOTDIR (it is no folder).
 */
int handle_open(int mount_fd, const struct handle *handle);

/* The same for what is no folder as well; where that is one file of several names, by any of them. */
int handle_open_any(int mount_fd, const struct handle *handle);

/* The file system of FD as in handles; fstatfs(2), -1 with its errno. */
int handle_file_system(int fd, uint64_t *file_system);

bool handle_equal(const struct handle *a, const struct handle *b);

/* A number for hash tables. */
uint64_t handle_hash(const struct handle *handle);

#endif
