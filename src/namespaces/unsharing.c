/* SPDX-License-Identifier: MIT */
#include "namespaces/unsharing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/num.h"
#include "cli/say.h"
#include "confining.h"
#include "file.h"
#include "kernel/capability.h"
#include "kernel/clone.h"
#include "kernel/host.h"
#include "kernel/mount.h"
#include "kernel/namespace.h"
#include "memory.h"
#include "mounts/root.h"
#include "namespaces/furnishing.h"
#include "namespaces/handing.h"
#include "process/cgroup.h"

/* ---- entering ---- */

int
unsharing_open_cgroup(const char *path, int *cgroup)
{
	struct stat procs;

	*cgroup = -1;
	if (!path)
		return 0;
	*cgroup = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (*cgroup < 0)
		return fail(NULL, "cannot open the cgroup '%s'", path);
	if (fstatat(*cgroup, "cgroup.procs", &procs, 0) < 0)
		return fail(NULL, "'%s' is no cgroup: cannot find its cgroup.procs", path);
	return 0;
}

static int
shift(int clock, int64_t seconds, const char *option)
{
	static const struct hint hints[] = {
		{ ERANGE, "the clock would be before 0, or centuries ahead", 0 },
		{ EACCES, "needs CAP_SYS_TIME in the user namespace", 0 },
		{ EPERM, "needs CAP_SYS_TIME in the user namespace", 0 },
		{ ENOENT, "needs /proc", 0 },
		{ 0, NULL, 0 },
	};

	return namespace_shift(clock, seconds) == 0
		       ? 0
		       : fail(hints, "%s: cannot set the clock", option);
}

/* A new time namespace is for children: becomes a part of it, too, once its clocks are set. */
static int
enter_time(const struct unsharing *wish)
{
	const struct namespace_kind *kind = namespace_kinds;
	int status = 0, fd;

	while (kind->flag != namespace_time)
		kind++;
	if (wish->has_monotonic)
		status = shift(CLOCK_MONOTONIC, wish->monotonic, "--monotonic");
	if (!status && wish->has_boottime)
		status = shift(CLOCK_BOOTTIME, wish->boottime, "--boottime");
	if (status)
		return status;
	fd = namespace_open(0, kind, true);
	if (fd < 0 || namespace_set(fd, namespace_time) < 0)
		status = fail(namespace_why_weak(errno), "cannot enter the new time namespace");
	file_close(fd);
	return status;
}

int
unsharing_enter(const struct unsharing *wish, uint64_t done)
{
	uint64_t flags = wish->flags & ~done;
	int status = 0;

	if (wish->cgroup >= 0 && cgroup_join(wish->cgroup) < 0)
		status = fail(clone_hints, "cannot join the cgroup");
	if (!status && flags && namespace_unshare(flags) < 0)
		status = fail(namespace_why(flags, errno), "cannot make the namespaces");
	return !status && flags & namespace_time ? enter_time(wish) : status;
}

/* ---- settling ---- */

static int
propagate(const struct unsharing *wish)
{
	static const struct hint hints[] = {
		{ EINVAL, "the root is a chroot, and no mount: --propagation unchanged", 0 },
		{ 0, NULL, 0 },
	};

	if (!(wish->flags & namespace_mount) || wish->propagation == UNSHARING_UNCHANGED
	    || mount_propagate("/", (enum mount_propagation)wish->propagation) == 0)
		return 0;
	return fail(errno == EINVAL ? hints : namespace_why_weak(errno),
		    "cannot change how mounts spread");
}

static int
pivot(const char *root)
{
	struct root_trouble trouble;

	if (root_change(root, NULL, true, &trouble) == 0)
		return 0;
	errno = trouble.error;
	return fail(NULL, "cannot make '%s' the root%s", root,
		    trouble.step == ROOT_DETACH ? ": the old one stays" : "");
}

static int
enter_root(const char *root)
{
	static const struct hint hints[] = { { EPERM, "needs CAP_SYS_CHROOT", CAP_SYS_CHROOT },
					     { 0, NULL, 0 } };

	if (!root || (mount_chroot(root) == 0 && chdir("/") == 0))
		return 0;
	return fail(hints, "cannot make '%s' the root", root);
}

/* The folder of DIR[:ro]; free(3) it. */
static char *
take_folder(const char *text, bool *is_read_only)
{
	char *folder = memory_string(text);
	size_t length = strlen(folder);

	*is_read_only = length > 3 && !strcmp(folder + length - 3, ":ro");
	if (*is_read_only)
		folder[length - 3] = '\0';
	return folder;
}

static int
mount_all(const struct unsharing *wish)
{
	bool is_read_only = false;
	char *folder = wish->pivot ? take_folder(wish->pivot, &is_read_only) : NULL;
	const char *root = folder ? folder : wish->root;
	int status = is_read_only ? furnishing_read_only(folder) : 0;

	if (!status)
		status = furnishing(&wish->mounts, root ? root : "");
	if (!status && folder)
		status = pivot(folder);
	free(folder);
	return status ? status : enter_root(wish->root);
}

int
unsharing_settle(const struct unsharing *wish)
{
	static const struct hint session_hints[] = {
		{ EPERM, "this process leads a group: leave out --no-fork", 0 }, { 0, NULL, 0 }
	};
	int status = 0;

	if (wish->new_session && setsid() < 0)
		status = fail(session_hints, "cannot begin a new session");
	if (!status)
		status = propagate(wish);
	if (!status && wish->hostname && host_rename(wish->hostname, strlen(wish->hostname)) < 0)
		status = fail(host_hints, "cannot set the host name '%s'", wish->hostname);
	if (!status)
		status = mount_all(wish);
	if (!status && wish->folder && chdir(wish->folder) < 0)
		status = fail(NULL, "cannot enter '%s'", wish->folder);
	return status;
}

/* ---- dressing ---- */

static int
become(const struct unsharing *wish)
{
	struct identity identity = { 0 };
	int status = handing_identity(wish->user, wish->group, wish->keep_capabilities, &identity);

	if (status || (!wish->user && !wish->group && !wish->keep_capabilities))
		return status;
	return confining_identity(&identity);
}

int
unsharing_dress(const struct unsharing *wish)
{
	int status = become(wish);

	return status ? status : handing_give(&wish->kept);
}
