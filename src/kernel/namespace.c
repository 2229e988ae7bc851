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

#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME 0x00000080
#endif

const uint64_t namespace_user = CLONE_NEWUSER;
const uint64_t namespace_mount = CLONE_NEWNS;
const uint64_t namespace_pid = CLONE_NEWPID;
const uint64_t namespace_time = CLONE_NEWTIME;
const uint64_t namespace_cgroup = CLONE_NEWCGROUP;
const uint64_t namespace_uts = CLONE_NEWUTS;

const struct namespace_kind namespace_kinds[NAMESPACE_KINDS] = {
	{ "user", 'U', CLONE_NEWUSER, "user", "user", "max_user_namespaces" },
	{ "cgroup", 'C', CLONE_NEWCGROUP, "cgroup", "cgroup", "max_cgroup_namespaces" },
	{ "ipc", 'i', CLONE_NEWIPC, "ipc", "ipc", "max_ipc_namespaces" },
	{ "uts", 'u', CLONE_NEWUTS, "uts", "uts", "max_uts_namespaces" },
	{ "net", 'n', CLONE_NEWNET, "net", "net", "max_net_namespaces" },
	{ "pid", 'p', CLONE_NEWPID, "pid", "pid_for_children", "max_pid_namespaces" },
	{ "time", 'T', CLONE_NEWTIME, "time", "time_for_children", "max_time_namespaces" },
	{ "mount", 'm', CLONE_NEWNS, "mnt", "mnt", "max_mnt_namespaces" },
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
namespace_unshare(uint64_t flags)
{
	return unshare((int)flags);
}

int
namespace_set(int fd, uint64_t flags)
{
	return setns(fd, (int)flags);
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
namespace_open(pid_t pid, const struct namespace_kind *kind, bool heirs)
{
	const char *file = heirs ? kind->heirs : kind->file;
	char path[64];

	if (pid)
		snprintf(path, sizeof(path), "%d/ns/%s", (int)pid, file);
	else
		snprintf(path, sizeof(path), "self/ns/%s", file);
	return proc_open(path, O_RDONLY);
}

int
namespace_shift(int clock, int64_t seconds)
{
	int fd = proc_open("self/timens_offsets", O_WRONLY), length;
	char line[64];
	ssize_t size;

	if (fd < 0)
		return -1;
	length = snprintf(line, sizeof(line), "%d %lld 0\n", clock, (long long)seconds);
	size = write(fd, line, (size_t)length);
	file_close(fd);
	return size == length ? 0 : -1;
}

#ifndef NS_GET_MNTNS_ID
#define NS_GET_MNTNS_ID _IOR(NSIO, 0x5, uint64_t)
#endif

uint64_t
namespace_mounts_id(void)
{
	int fd = proc_open("self/ns/mnt", O_RDONLY);
	uint64_t id = 0;

	if (fd >= 0 && ioctl(fd, NS_GET_MNTNS_ID, &id) < 0)
		id = 0;
	file_close(fd);
	return id;
}

void
namespace_raise_mounts(uint64_t least)
{
	uint64_t id = namespace_mounts_id();
	cpu_set_t allowed, one;

	if (!id || id > least || sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE && id < least; cpu++) {
		if (!CPU_ISSET(cpu, &allowed))
			continue;
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (sched_setaffinity(0, sizeof(one), &one) == 0 && unshare(CLONE_NEWNS) == 0)
			id = namespace_mounts_id();
	}
	sched_setaffinity(0, sizeof(allowed), &allowed);
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

uint64_t
namespace_kind_of(int fd)
{
	int kind = ioctl(fd, NS_GET_NSTYPE);

	return kind < 0 ? 0 : (uint64_t)kind;
}
