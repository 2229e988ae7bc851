/* SPDX-License-Identifier: MIT */
#include "kernel/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include "kernel/proc.h"

const struct hint namespace_hints[] = {
	{ EPERM, "needs CAP_SYS_ADMIN", CAP_SYS_ADMIN },
	{ EPERM, "needs CAP_SYS_CHROOT", CAP_SYS_CHROOT },
	{ EPERM, "it is that of a more privileged user namespace", 0 },
	{ EACCES, "needs CAP_SYS_PTRACE", CAP_SYS_PTRACE },
	{ EINVAL, "it is no mount namespace", 0 },
	{ ENOENT, "is there such a process, and /proc?", 0 },
	{ 0, NULL, 0 },
};

int
namespace_open_mounts(const char *name)
{
	char path[32];

	if (!*name || name[strspn(name, "0123456789")] || strlen(name) > 10)
		return open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	snprintf(path, sizeof(path), "%s/ns/mnt", name);
	return proc_open(path, O_RDONLY);
}

int
namespace_enter_mounts(int fd)
{
	return setns(fd, CLONE_NEWNS);
}
