/* SPDX-License-Identifier: MIT */
/* inotify(7): what happens to files and folders. */
#ifndef BUTTER_INOTIFY_H
#define BUTTER_INOTIFY_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/inotify.h>

#include "cli/names.h"
#include "cli/say.h"

/* Event names in the order in which inotify-tools prints them. */
extern const struct name inotify_names[];

/*
 * Advice for errors of inotify_open and inotify_watch, the one in errno, which stays: for a limit, what it
 * is now. NEEDED: how many watches are needed in all; 0: nobody knows. The first row is that of ENOSPC.
 */
const struct hint *inotify_hints(size_t needed);

/* One record of the kernel's queue. */
struct inotify_record {
	int wd; /* the watch; -1 for IN_Q_OVERFLOW */
	uint32_t mask, cookie;
	const char *name; /* the entry in the watched folder, NUL-terminated; "" for the object
			     itself */
	size_t length;    /* of name */
};

/*
 * A new instance: close-on-exec, non-blocking. Returns the descriptor, or -1 with
 * errno EMFILE (fs.inotify.max_user_instances, or the limit of descriptors),
 * ENFILE, ENOMEM, ENOSYS; inotify_init1(2).
 */
int inotify_open(void);

/*
 * Watches PATH for MASK. Returns the watch descriptor: the one it has already when
 * its inode is watched; or -1 with errno EACCES, ENOENT, ENOTDIR (with IN_ONLYDIR),
 * ENOMEM, ENOSPC (fs.inotify.max_user_watches); inotify_add_watch(2).
 */
int inotify_watch(int fd, const char *path, uint32_t mask);

/* Ends the watch WD: an IN_IGNORED follows. -1 with errno EINVAL when it is gone;
 * inotify_rm_watch(2). */
int inotify_ignore(int fd, int wd);

/*
 * Whether WD is a watch of FD still, and so its object exists; proc(5), fdinfo. True where nobody can tell.
 * All watches are gone through.
 */
bool inotify_has_watch(int fd, int wd);

/* How many bytes of records wait to be read; 0 when the kernel does not say; inotify(7), FIONREAD. */
size_t inotify_queued(int fd);

/*
 * Whether FD, open for anything or with O_PATH, lies in a file system whose changes
 * are made by the kernel without a word to inotify: proc or sysfs.
 */
bool inotify_is_deaf(int fd);

/*
 * Decodes the record at the start of the SIZE bytes that read(2) gave. Returns
 * its size, or 0 when no whole well-formed record is there.
 */
size_t inotify_decode(const char *bytes, size_t size, struct inotify_record *record);

#endif
