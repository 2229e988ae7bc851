/* SPDX-License-Identifier: MIT */
/*
 * What an object is and through which mount it is seen: statx(2), or, where that is not to be had or does
 * not tell, fstatat(2) and name_to_handle_at(2). Nobody is asked over a network, and nothing is mounted.
 */
#ifndef BUTTER_STATUS_H
#define BUTTER_STATUS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Whether it is the root of its mount: the kernel tells since Linux 5.8. */
enum status_root { STATUS_IS_NO_ROOT, STATUS_IS_ROOT, STATUS_ROOT_UNKNOWN };

struct status {
	mode_t mode;
	uint32_t links;
	uint64_t inode;
	dev_t device;
	int mount; /* the id of the mount (mountinfo.h); 0: nobody tells */
	enum status_root root;
};

/* Of PATH from the folder FD ("": FD itself, which may be O_PATH). -1 with errno as fstatat(2). */
int status_at(int fd, const char *path, bool follow, struct status *status);

#endif
