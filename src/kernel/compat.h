/* SPDX-License-Identifier: MIT */
/* What is newer than the oldest headers that butter is built with (those of Linux 6.1; musl 1.2.3). */
#ifndef BUTTER_COMPAT_H
#define BUTTER_COMPAT_H

#include <sys/stat.h>

/* statfs(2)'s f_type of a pidfd since Linux 6.9 ("PIDF"); include/uapi/linux/magic.h. */
#ifndef PID_FS_MAGIC
#define PID_FS_MAGIC 0x50494446
#endif

/* pidfd_open(2): of a thread, since Linux 6.9; linux/pidfd.h. */
#ifndef PIDFD_THREAD
#define PIDFD_THREAD O_EXCL
#endif

/* statfs(2)'s f_type of a pipe that has no name in a file system; the same header. */
#ifndef PIPEFS_MAGIC
#define PIPEFS_MAGIC 0x50495045
#endif

/* memfd_create(2)'s flags; since Linux 6.3: never to be executed, and that it may be. linux/memfd.h. */
#ifndef MFD_CLOEXEC
#define MFD_CLOEXEC 0x0001U
#endif
#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U
#endif
#ifndef MFD_ALLOW_SEALING
#define MFD_ALLOW_SEALING 0x0002U
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

/* fcntl(2)'s seals: writing by mappings and descriptors that come later (since Linux 5.1), the right to
 * execute (6.3); linux/fcntl.h. */
#ifndef F_SEAL_FUTURE_WRITE
#define F_SEAL_FUTURE_WRITE 0x0010
#endif
#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020
#endif

/* preadv2(2): fail with EAGAIN instead of waiting; linux/fs.h, and in musl since 1.2.5. */
#ifndef RWF_NOWAIT
#define RWF_NOWAIT 0x00000008
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

/* name_to_handle_at(2): a handle that only identifies, since Linux 6.5; linux/fcntl.h. */
#ifndef AT_HANDLE_FID
#define AT_HANDLE_FID 0x200
#endif

/*
 * fanotify(7): descriptors carry -errno (since Linux 6.13), access before it happens, and the errno of
 * a denial (both 6.14), mounts of a namespace (6.15); more in an answer (6.3); linux/fanotify.h.
 */
#ifndef FAN_REPORT_FD_ERROR
#define FAN_REPORT_FD_ERROR 0x00002000
#endif
#ifndef FAN_PRE_ACCESS
#define FAN_PRE_ACCESS 0x00100000
#define FAN_EVENT_INFO_TYPE_RANGE 6
#define FAN_DENY_ERRNO(error) (FAN_DENY | (((uint32_t)(error)&0xff) << 24))
#endif
#ifndef FAN_INFO
#define FAN_INFO 0x20
#endif
#ifndef FAN_REPORT_MNT
#define FAN_REPORT_MNT 0x00004000
#define FAN_MARK_MNTNS 0x00000110
#define FAN_MNT_ATTACH 0x01000000
#define FAN_MNT_DETACH 0x02000000
#define FAN_EVENT_INFO_TYPE_MNT 7
#endif

/* statmount(2) and listmount(2), since Linux 6.8; asm-generic/unistd.h and linux/mount.h. */
#define NUMBER_STATMOUNT 457
#define NUMBER_LISTMOUNT 458
#ifndef STATMOUNT_MNT_POINT
#define STATMOUNT_MNT_POINT 0x00000010U
#endif
#ifndef STATMOUNT_MNT_BASIC
#define STATMOUNT_MNT_BASIC 0x00000002U
#endif
#ifndef STATMOUNT_SB_BASIC
#define STATMOUNT_SB_BASIC 0x00000001U
#define STATMOUNT_PROPAGATE_FROM 0x00000004U
#define STATMOUNT_MNT_ROOT 0x00000008U
#define STATMOUNT_FS_TYPE 0x00000020U
#endif
/* Since Linux 6.11, and since 6.13. */
#ifndef STATMOUNT_MNT_OPTS
#define STATMOUNT_MNT_OPTS 0x00000080U
#endif
#ifndef STATMOUNT_SB_SOURCE
#define STATMOUNT_FS_SUBTYPE 0x00000100U
#define STATMOUNT_SB_SOURCE 0x00000200U
#endif
#ifndef LSMT_ROOT
#define LSMT_ROOT UINT64_C(0xffffffffffffffff)
#endif

/* move_mount(2): under what is mounted there, since Linux 6.5; linux/mount.h. */
#ifndef MOVE_MOUNT_BENEATH
#define MOVE_MOUNT_BENEATH 0x00000200
#endif

/* statx(2): the id that statmount(2) knows, since Linux 6.8; linux/stat.h. */
#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x00004000U
#endif

/* cachestat(2), since Linux 6.5; asm-generic/unistd.h. */
#define NUMBER_CACHESTAT 451

/* fchmodat2(2), since Linux 6.6, and listxattrat(2), since Linux 6.13; the same header. */
#define NUMBER_FCHMODAT2 452
#define NUMBER_LISTXATTRAT 465

/* statx(2), which musl's sys/stat.h has since 1.2.5. */
#ifndef STATX_TYPE
#include <linux/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#define statx(dir, path, flags, mask, status)                                                      \
	((int)syscall(SYS_statx, (dir), (path), (flags), (mask), (status)))
#endif

#endif
