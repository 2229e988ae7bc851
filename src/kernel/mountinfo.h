/* SPDX-License-Identifier: MIT */
/* /proc/self/mountinfo: what is mounted where; proc(5). */
#ifndef BUTTER_MOUNTINFO_H
#define BUTTER_MOUNTINFO_H

#include <stdbool.h>
#include <stddef.h>

struct mountinfo {
	int id, parent; /* of the mount, until another gets it, and of the one that it is on */
	unsigned int major, minor; /* st_dev of what is in it */
	const char *root;          /* the folder of the file system that is mounted */
	const char *target;        /* where, as this process sees it */
	const char *options;       /* of the mount: `rw,noatime` */
	const char *tags; /* `shared:1 master:2`: how mounts propagate to and from it; or "" */
	const char *type, *source; /* of the file system; the source may be "" */
	const char *super;         /* options of the file system */
};

/* A descriptor that poll(2) calls ready (POLLPRI) when mounts have changed; -1 with errno of open(2). */
int mountinfo_open(void);

/*
 * Hands each mount to EACH, in the order of the file, until that returns false. -1 with errno ENOENT (no
 * /proc), EMFILE, ENOMEM, EPROTO (not the format that is known).
 */
int mountinfo_each(bool (*each)(const struct mountinfo *mount, void *context), void *context);

/* The same from FD, the mountinfo of any process, which is closed; its errno if that is -1. */
int mountinfo_each_of(int fd, bool (*each)(const struct mountinfo *mount, void *context),
		      void *context);

/*
 * Decodes LINE of LENGTH bytes, without its newline, in place: escapes are undone, and MOUNT points
 * into it. False when it is not of that form.
 */
bool mountinfo_parse(char *line, size_t length, struct mountinfo *mount);

/* Undoes \ooo in the string TEXT, in place, as fstab(5) has it, too. */
void mountinfo_unescape(char *text);

#endif
