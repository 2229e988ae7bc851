/* SPDX-License-Identifier: MIT */
/* setns(2), unshare(2): becoming a part of other namespaces, and of new ones; namespaces(7). */
#ifndef BUTTER_NAMESPACE_H
#define BUTTER_NAMESPACE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "cli/say.h"

/* Advice for errors of both. */
extern const struct hint namespace_hints[];

/*
 * Opens the mount namespace NAME: of the process of that number, by /proc, or the file of that
 * path. A descriptor, or -1 with errno of open(2): ENOENT (no such process or file), EACCES.
 */
int namespace_open_mounts(const char *name);

/*
 * Becomes a part of the mount namespace FD: its root is the root and the current folder then. -1
 * with errno of setns(2): EINVAL (it is none), EPERM (needs CAP_SYS_ADMIN and CAP_SYS_CHROOT).
 */
int namespace_enter_mounts(int fd);

/*
 * Both, by NAME; and what proc_open opens stays what it was. With ROOT, and the number of a process,
 * its root is the root then, if that is another. -1 with errno of both, and of chroot(2).
 */
int namespace_join(const char *name, bool root);

/* The kinds of namespaces, in the order in which one process can join them: user first. */
struct namespace_kind {
	const char *name; /* as an option: "mount" */
	char letter;      /* the same */
	uint64_t flag;    /* CLONE_NEW... */
	const char *file; /* below /proc/PID/ns: that of the process */
	const char
		*heirs; /* that of its children to come; where there is no such thing, the same */
	const char *limit; /* below /proc/sys/user */
};

enum { NAMESPACE_KINDS = 8 };

extern const struct namespace_kind namespace_kinds[NAMESPACE_KINDS];

/* Those flags of the kinds by name. */
extern const uint64_t namespace_user;
extern const uint64_t namespace_mount;
extern const uint64_t namespace_pid;
extern const uint64_t namespace_time;
extern const uint64_t namespace_cgroup;
extern const uint64_t namespace_uts;

/*
 * Becomes the only one in new namespaces of the kinds FLAGS; for pid and time that are the children to come.
 * -1 with errno EPERM, ENOSPC, EUSERS, EINVAL (no such kind), ENOSYS: namespace_why; unshare(2).
 */
int namespace_unshare(uint64_t flags);

/*
 * Becomes a part of the namespace FD, of one of the kinds FLAGS; or FD is a pidfd, and those of its process
 * are meant (since Linux 5.8; EINVAL before). setns(2).
 */
int namespace_set(int fd, uint64_t flags);

/* The namespace of KIND that PID (0: the caller) is in, or its HEIRS are. -1 with errno of open(2). */
int namespace_open(pid_t pid, const struct namespace_kind *kind, bool heirs);

/*
 * Advice for ERROR of making the kinds FLAGS, by unshare(2) or clone(2): what is in the way is looked up at
 * that moment. errno stays.
 */
const struct hint *namespace_why(uint64_t flags, int error);

/* The same of joining the kinds FLAGS by FD, a namespace or a pidfd: namespace_set. */
const struct hint *namespace_why_not_joined(int fd, uint64_t flags, int error);

/* The same for what cannot be done in one though it is there: write its maps, set its clocks, mount. */
const struct hint *namespace_why_weak(int error);

/*
 * The clocks of the time namespace that children to come are in (it must be new) are SECONDS ahead:
 * CLOCK_MONOTONIC or CLOCK_BOOTTIME. -1 with errno ERANGE, EACCES (a process is in it), ENOENT (no /proc).
 */
int namespace_shift(int clock, int64_t seconds);

/*
 * Becomes the only one in a new mount namespace, or user namespace; unshare(2). -1 with errno EPERM,
 * ENOSPC.
 */
int namespace_new_mounts(void);
int namespace_new_users(void);

/*
 * The id of this mount namespace, since Linux 6.11 (NS_GET_MNTNS_ID of ioctl_nsfs(2)); 0: it is not known.
 */
uint64_t namespace_mounts_id(void);

/*
 * A mount namespace can be mounted on a file only in one of a lower id, and since Linux 6.18 each processor
 * takes ids from a stock of its own: a new one may have a lower id than the one it was made in. Becomes the
 * only one in a copy of this mount namespace whose id is above LEAST, if that can be had. errno may change.
 */
void namespace_raise_mounts(uint64_t least);

/*
 * Waits for others who do the same in this mount namespace: a moment, as they may hang, and once. Closing
 * what is returned, which may be -1, lets the next one go on.
 */
int namespace_take_turn(void);

/* The kind of the namespace FD: its flag; 0: it is no namespace. */
uint64_t namespace_kind_of(int fd);

#endif
