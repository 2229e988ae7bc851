/* SPDX-License-Identifier: MIT */
#include "kernel/namespace.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "file.h"
#include "kernel/mount.h"
#include "kernel/proc.h"
#include "kernel/turn.h"

const struct hint namespace_hints[] = {
	{ EPERM, "needs CAP_SYS_ADMIN", CAP_SYS_ADMIN },
	{ EPERM, "needs CAP_SYS_CHROOT", CAP_SYS_CHROOT },
	{ EPERM, "it is that of a more privileged user namespace", 0 },
	{ EACCES, "needs CAP_SYS_PTRACE", CAP_SYS_PTRACE },
	{ EINVAL, "it is no mount namespace", 0 },
	{ ENOENT, "is there such a process, and /proc?", 0 },
	{ 0, NULL, 0 },
};

static bool
is_process(const char *name)
{
	return *name && !name[strspn(name, "0123456789")] && strlen(name) <= 10;
}

int
namespace_open_mounts(const char *name)
{
	char path[32];

	if (!is_process(name))
		return open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	snprintf(path, sizeof(path), "%s/ns/mnt", name);
	return proc_open(path, O_RDONLY);
}

int
namespace_enter_mounts(int fd)
{
	return setns(fd, CLONE_NEWNS);
}

int
namespace_join(const char *name, bool root)
{
	int mounts = proc_keep() < 0 ? -1 : namespace_open_mounts(name), folder = -1, result = -1;
	char path[32];

	root &= is_process(name);
	if (mounts >= 0 && root) {
		snprintf(path, sizeof(path), "%s/root", name);
		folder = proc_open(path, O_PATH | O_DIRECTORY);
	}
	if (mounts >= 0 && (folder >= 0 || !root))
		result = namespace_enter_mounts(mounts);
	if (result == 0 && root)
		result = fchdir(folder) < 0 ? -1 : mount_chroot(".");
	file_close(folder);
	file_close(mounts);
	return result;
}

int
namespace_new_mounts(void)
{
	return unshare(CLONE_NEWNS);
}

int
namespace_new_users(void)
{
	return unshare(CLONE_NEWUSER);
}

int
namespace_take_turn(void)
{
	static int longest = 10000; /* milliseconds */
	int fd = proc_open("self/ns/mnt", O_RDONLY);

	/* Anybody can hold it: that makes nobody wait at every turn. */
	if (fd >= 0 && !turn_take(fd, longest))
		longest = 0;
	return fd;
}

bool
namespace_is_of_users(int fd)
{
	return ioctl(fd, NS_GET_NSTYPE) == CLONE_NEWUSER;
}
