/* SPDX-License-Identifier: MIT */
/* openat2(2): opening with more care than openat takes. */
#ifndef BUTTER_OPENAT_H
#define BUTTER_OPENAT_H

/*
 * Opens the folder NAME, an entry of the folder FD, for reading, close-on-exec, unless it is a
 * symlink or something is mounted there. -1 with errno of openat2: EXDEV for a mount; ENOSYS
 * before Linux 5.6, or EPERM where a seccomp profile does not know the call.
 */
int openat_unmounted(int fd, const char *name);

/*
 * Opens PATH to be read, close-on-exec and without waiting, as if the folder FD were the root: links
 * and `..` do not leave it. -1 with errno of openat2; ENOSYS as above.
 */
int openat_in_root(int fd, const char *path);

/*
 * The same with O_PATH, of a file or a folder; links such as those of /proc/PID/fd lead nowhere at all:
 * ELOOP.
 */
int openat_part(int fd, const char *path);

/*
 * Opens the folder PATH, which is absolute and may be longer than PATH_MAX, with O_PATH, close-on-exec,
 * and follows no symlink on the way. -1 with errno of open(2): ELOOP or ENOTDIR for a symlink.
 */
int openat_without_links(const char *path);

#endif
