/* SPDX-License-Identifier: MIT */
/* Constants newer than the oldest kernel headers that butter is built with (Linux 6.1). */
#ifndef BUTTER_COMPAT_H
#define BUTTER_COMPAT_H

/* statfs(2)'s f_type of a pidfd since Linux 6.9 ("PIDF"); include/uapi/linux/magic.h. */
#ifndef PID_FS_MAGIC
#define PID_FS_MAGIC 0x50494446
#endif

/* statfs(2)'s f_type of a pipe that has no name in a file system; the same header. */
#ifndef PIPEFS_MAGIC
#define PIPEFS_MAGIC 0x50495045
#endif

/* memfd_create(2)'s flags; the second is since Linux 6.3: never to be executed. linux/memfd.h. */
#ifndef MFD_CLOEXEC
#define MFD_CLOEXEC 0x0001U
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif

/*
 * close_range(2): mark the descriptors instead of closing them, since Linux 5.11;
 * linux/close_range.h.
 */
#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif

/* statfs(2)'s f_type of /proc and of /sys; the same header. */
#ifndef PROC_SUPER_MAGIC
#define PROC_SUPER_MAGIC 0x9fa0
#endif
#ifndef SYSFS_MAGIC
#define SYSFS_MAGIC 0x62656572
#endif

#endif
