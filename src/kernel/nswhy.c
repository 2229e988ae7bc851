/* SPDX-License-Identifier: MIT */
/* Why there is no namespace to be had: looked up, as the kernel has one number for all of it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "file.h"
#include "kernel/capability.h"
#include "kernel/namespace.h"
#include "kernel/pidfd.h"
#include "kernel/proc.h"
#include "kernel/status.h"

/* What is returned; the advice may be made for it. */
static struct hint answer[2];
static char made[160];

static const struct hint *
say(int error, const char *advice)
{
	answer[0] = (struct hint){ error, advice, 0 };
	return advice ? answer : NULL;
}

/* Reads the file PATH below /proc; "" where there is none. */
static const char *
look(const char *path, char *text, size_t room)
{
	int fd = proc_open(path, O_RDONLY);
	ssize_t size = fd < 0 ? -1 : file_read(fd, text, room - 1);

	file_close(fd);
	text[size < 0 ? 0 : size] = '\0';
	return text;
}

/* Whether the switch PATH is there and has VALUE. */
static bool
is_set(const char *path, char value)
{
	char text[32];

	return look(path, text, sizeof(text))[0] == value && text[1] == '\n';
}

static bool
is_filtered(void)
{
	char text[4096];
	const char *line = strstr(look("self/status", text, sizeof(text)), "\nSeccomp:");

	return line && strchr(line + 10, '2') && strchr(line + 10, '2') < strchr(line + 1, '\n');
}

static bool
is_chroot(void)
{
	struct status root;

	return status_at(AT_FDCWD, "/", true, &root) == 0 && root.root == STATUS_IS_NO_ROOT;
}

static const char filtered[] = "a seccomp profile is in the way: allow unshare, clone and setns";

static const char *
why_not_permitted(uint64_t flags)
{
	bool is_admin = capability_have(CAP_SYS_ADMIN);

	if (!(flags & namespace_user) && !is_admin)
		return "needs CAP_SYS_ADMIN: run as root, or in a user namespace by -r";
	if (flags & namespace_user && is_chroot())
		return "this is a chroot, where the kernel makes no user namespaces: use pivot_root";
	if (!is_admin && is_set("sys/kernel/unprivileged_userns_clone", '0'))
		return "sysctl kernel.unprivileged_userns_clone=1, or run as root";
	if (!is_admin && is_set("sys/kernel/apparmor_restrict_unprivileged_userns", '1'))
		return "sysctl kernel.apparmor_restrict_unprivileged_userns=0, or run as root";
	return is_filtered() ? filtered : NULL;
}

/* The kind of FLAGS of which there may be none at all. */
static const char *
why_no_room(uint64_t flags)
{
	for (const struct namespace_kind *kind = namespace_kinds;
	     kind < namespace_kinds + NAMESPACE_KINDS; kind++) {
		char path[64];

		snprintf(path, sizeof(path), "sys/user/%s", kind->limit);
		if (!(flags & kind->flag) || !is_set(path, '0'))
			continue;
		snprintf(made, sizeof(made), "user.%s is 0: raise it by sysctl", kind->limit);
		return made;
	}
	return "too many, or nested too deep, which is 32: see the limits user.max_*_namespaces of sysctl";
}

static const char *
why_invalid(uint64_t flags)
{
	for (const struct namespace_kind *kind = namespace_kinds;
	     kind < namespace_kinds + NAMESPACE_KINDS; kind++) {
		int fd = flags & kind->flag ? namespace_open(0, kind, false) : -1;

		if (flags & kind->flag && fd < 0 && errno == ENOENT) {
			snprintf(made, sizeof(made),
				 "this kernel has no %s namespaces, or there is no /proc",
				 kind->name);
			return made;
		}
		file_close(fd);
	}
	return "this kernel was built without one of them";
}

const struct hint *
namespace_why(uint64_t flags, int error)
{
	const char *advice = NULL;
	int before = errno;

	switch (error) {
	case EPERM:
		advice = why_not_permitted(flags);
		break;
	case ENOSPC:
	case EUSERS:
		advice = why_no_room(flags);
		break;
	case EINVAL:
		advice = why_invalid(flags);
		break;
	case ENOSYS:
		advice = filtered;
		break;
	case ENOMEM:
		advice = "process 1 of the pid namespace has ended, or there is no memory";
		break;
	default:
		break;
	}
	errno = before;
	return say(error, advice);
}

static const char *
why_not_joined(uint64_t flags)
{
	if (flags & namespace_user)
		return "needs CAP_SYS_ADMIN in that user namespace: run as root, or as who has made it";
	if (!capability_have(CAP_SYS_ADMIN))
		return "needs CAP_SYS_ADMIN: run as root, or enter its user namespace, too: --user";
	if (flags & namespace_mount && !capability_have(CAP_SYS_CHROOT))
		return "needs CAP_SYS_CHROOT";
	return is_filtered() ? filtered
			     : "needs CAP_SYS_ADMIN in the user namespace that it belongs to";
}

static const char *
why_not_joinable(int fd, uint64_t flags)
{
	uint64_t kind = namespace_kind_of(fd);

	for (int i = 0; i < NAMESPACE_KINDS; i++)
		if (namespace_kinds[i].flag == kind && !(flags & kind)) {
			snprintf(made, sizeof(made), "it is a %s namespace",
				 namespace_kinds[i].name);
			return made;
		}
	if (!kind && !pidfd_inode(fd))
		return "it is no namespace";
	if (flags == namespace_user)
		return "it is that of now, which cannot be joined again";
	if (flags == namespace_pid)
		return "it is not below the pid namespace of now";
	return why_invalid(flags);
}

const struct hint *
namespace_why_not_joined(int fd, uint64_t flags, int error)
{
	const char *advice = NULL;
	int before = errno;

	if (error == EPERM)
		advice = why_not_joined(flags);
	else if (error == EINVAL)
		advice = why_not_joinable(fd, flags);
	else if (error == EACCES)
		advice =
			"who may not trace the process may not join it: needs CAP_SYS_PTRACE in its user namespace, or to be its user";
	else if (error == ESRCH)
		advice = "it has ended";
	else if (error == ENOSYS)
		advice = filtered;
	errno = before;
	return say(error, advice);
}

const struct hint *
namespace_why_weak(int error)
{
	const char *advice = NULL;
	int before = errno;

	if ((error == EPERM || error == EACCES)
	    && is_set("sys/kernel/apparmor_restrict_unprivileged_userns", '1'))
		advice = "sysctl kernel.apparmor_restrict_unprivileged_userns=0, or run as root";
	else if ((error == EPERM || error == ENOSYS) && is_filtered())
		advice = "a seccomp profile may be in the way";
	else if (error == ENOENT)
		advice = "needs /proc";
	errno = before;
	return say(error, advice);
}
