/* SPDX-License-Identifier: MIT */
/*
 * What is on a disk, by the bytes that it begins with: libblkid(3). Built without that, nobody knows:
 * signature_read and signature_partition fail with ENOSYS then.
 */
#ifndef BUTTER_SIGNATURE_H
#define BUTTER_SIGNATURE_H

#include <stdbool.h>
#include <stdint.h>

enum signature_answer {
	SIGNATURE_NOTHING,    /* that is known */
	SIGNATURE_ONE,        /* thing, TYPE */
	SIGNATURE_MANY,       /* things: TYPE is `ext4, xfs` */
	SIGNATURE_PARTITIONS, /* a table of type TYPE, and nothing else */
};

struct signature {
	char type[128];
	bool is_file_system; /* and not swap, a part of a RAID ... */
	char label[256], uuid[128];
};

/* Whether butter has been built so that it knows. */
bool signature_is_known(void);

/*
 * What is in the SIZE bytes (0: all) from OFFSET on of the disk or file FD. A signature_answer, or -1 with
 * errno of read(2); EINVAL: that is no part of it.
 */
int signature_read(int fd, uint64_t offset, uint64_t size, struct signature *signature);

/*
 * What a table of partitions says of the partition FD, as label and uuid; "" where it says nothing, or FD
 * is no partition. -1 with errno.
 */
int signature_partition(int fd, struct signature *signature);

/* Whether TYPE is one of a file system that is on disks. */
bool signature_is_on_disks(const char *type);

/* A command that makes something of what a TYPE is that is no file system; NULL: none is known. */
const char *signature_advice(const char *type);

#endif
