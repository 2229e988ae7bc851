/* SPDX-License-Identifier: MIT */
/*
 * fanotify(7): what happens on whole file systems and mounts, who does it, and whether he may.
 */
#ifndef BUTTER_FANOTIFY_H
#define BUTTER_FANOTIFY_H

#include <linux/fanotify.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cli/names.h"
#include "cli/say.h"
#include "kernel/compat.h"
#include "kernel/handle.h"

/*
 * Bits that no event of the kernel has: what was watched is not mounted any more; who was watched
 * has ended; what was watched is gone, which the user did not want to hear.
 */
#define FANOTIFY_UNMOUNT UINT64_C(0x2000)
#define FANOTIFY_EXIT (UINT64_C(1) << 40)
#define FANOTIFY_GONE (UINT64_C(1) << 41)

/*
 * Event names: those of inotify-tools where inotify has the event, in the order in which what is
 * told in one record can have happened.
 */
extern const struct name fanotify_names[];

/* Advice for errors of fanotify_open: as a rule, with FAN_REPORT_PIDFD, with FAN_REPORT_MNT. */
extern const struct hint fanotify_open_hints[];
extern const struct hint fanotify_open_pidfd_hints[];
extern const struct hint fanotify_open_namespace_hints[];

/* The same of fanotify_watch, and the handles with it: for a file system or a mount; an inode; mounts. */
extern const struct hint fanotify_watch_hints[];
extern const struct hint fanotify_watch_inode_hints[];
extern const struct hint fanotify_watch_namespace_hints[];

/* The same for groups that answer requests, those with FAN_ENABLE_AUDIT, and marks for requests. */
extern const struct hint fanotify_permit_hints[];
extern const struct hint fanotify_audit_hints[];
extern const struct hint fanotify_permit_watch_hints[];

/* The largest record that the kernel makes: two names, three handles. */
enum { FANOTIFY_RECORD_MAX = 2048 };

/* One record of the kernel's queue. What it points to is in the buffer that was decoded. */
struct fanotify_record {
	uint64_t mask;
	int32_t pid; /* who; 0: the kernel does not say */
	int fd;      /* of the object; FAN_NOFD; -errno with FAN_REPORT_FD_ERROR */
	int pidfd; /* of the process; FAN_NOPIDFD: it is gone, or it was not asked for; FAN_EPIDFD */
	size_t pidfd_at;             /* where that is in the record; 0: it is not there */
	struct handle object;        /* with FAN_REPORT_FID: the file or folder itself */
	struct handle dir, old_dir;  /* of the entry; where a rename took it from */
	const char *name, *old_name; /* NUL-terminated; "." the folder itself; "" none */
	size_t length, old_length;   /* of the names */
	int error;                   /* FAN_FS_ERROR: the first one, errno */
	uint32_t errors;             /* how many since it was reported last */
	uint64_t mount; /* FAN_MNT_ATTACH, FAN_MNT_DETACH: the unique id of the mount */
	bool has_range; /* FAN_PRE_ACCESS: */
	uint64_t range_at, range_size; /* bytes */
};

/*
 * A new group with FLAGS (FAN_CLASS_NOTIF ...), close-on-exec and non-blocking; the files of its
 * events are opened with O_RDONLY, O_LARGEFILE and O_CLOEXEC. -1 with errno EPERM (CAP_SYS_ADMIN),
 * EINVAL (flags that this kernel does not know, or that exclude each other), EMFILE (groups or
 * descriptors), ENOMEM, ENOSYS; fanotify_init(2).
 */
int fanotify_open(unsigned int flags);

/*
 * Adds to (FAN_MARK_ADD) or takes from (FAN_MARK_REMOVE) the mark of PATH, relative to DIR, in GROUP
 * the events of MASK. -1 with errno EPERM, EINVAL (an event that this kind of mark does not have),
 * ENODEV and EXDEV (the file system has no id of its own), EOPNOTSUPP (no file handles), ENOSPC
 * (marks), ENOENT, ENOTDIR; fanotify_mark(2).
 */
int fanotify_watch(int group, unsigned int flags, uint64_t mask, int dir, const char *path);

/*
 * Whether GROUP, a descriptor of the process HOLDER (0: this one), has a mark on the file system with the
 * device MAJOR:MINOR, or an inode of it; or on the mount with the id MOUNT. The kernel takes marks away with
 * their object, and gives its number to another. True where nobody can tell; proc(5), fdinfo.
 */
bool fanotify_marks_device(pid_t holder, int group, unsigned int major, unsigned int minor);
bool fanotify_marks_mount(pid_t holder, int group, int mount);

/*
 * Answers the request whose file is FD: RESPONSE is FAN_ALLOW or FAN_DENY, with FAN_AUDIT and
 * FAN_DENY_ERRNO(error) where they are to be had. -1 with errno ENOENT (it is answered already),
 * EINVAL; fanotify(7).
 */
int fanotify_answer(int group, int fd, uint32_t response);

/*
 * Whether the kernel takes FAN_DENY_ERRNO in answers to GROUP: since Linux 6.14, and of the class
 * FAN_CLASS_PRE_CONTENT only.
 */
bool fanotify_takes_errno(int group);

/*
 * Decodes the record at the start of the SIZE bytes that read(2) gave. Returns its size, or 0 when no
 * whole well-formed record is there. Information that is not known is passed over.
 */
size_t fanotify_decode(const char *bytes, size_t size, struct fanotify_record *record);

#endif
