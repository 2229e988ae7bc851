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

#endif
