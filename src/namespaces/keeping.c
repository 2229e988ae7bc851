/* SPDX-License-Identifier: MIT */
#include "namespaces/keeping.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/say.h"
#include "file.h"
#include "kernel/capability.h"
#include "kernel/mount.h"

static const struct hint bind_hints[] = {
	{ EPERM, "needs CAP_SYS_ADMIN outside of the new namespaces: run as root", CAP_SYS_ADMIN },
	{ EINVAL,
	  "a mount namespace can be kept on a private mount alone: mount --bind the folder of the file on "
	  "itself, and --make-private that",
	  0 },
	{ ENOTDIR, "it is a folder: name a file; --into-cgroup joins a cgroup", 0 },
	{ 0, NULL, 0 },
};

bool
keeping_is_any(const struct keeping *keeping)
{
	for (int i = 0; i < NAMESPACE_KINDS; i++)
		if (keeping->files[i])
			return true;
	return false;
}

static int
keep(struct keeping *keeping, int i, pid_t pid)
{
	const struct namespace_kind *kind = &namespace_kinds[i];
	const char *file = keeping->files[i];
	int source = namespace_open(pid, kind, true), fd, result;
	char path[40];

	if (source < 0)
		return fail(namespace_why_weak(errno), "cannot open the new %s namespace",
			    kind->name);
	fd = open(file, O_RDONLY | O_CREAT | O_EXCL | O_NOCTTY | O_CLOEXEC, 0444);
	keeping->made[i] = fd >= 0;
	if (fd < 0 && errno != EEXIST) {
		file_close(source);
		return fail(NULL, "cannot create '%s'", file);
	}
	file_close(fd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", source);
	result = mount_bind(path, file);
	file_close(source);
	if (result < 0)
		return fail(bind_hints, "cannot keep the %s namespace at '%s'", kind->name, file);
	keeping->mounted[i] = true;
	return 0;
}

/* Whether a mount namespace is to be kept. */
static bool
is_of_mounts(const struct keeping *keeping)
{
	for (int i = 0; i < NAMESPACE_KINDS; i++)
		if (keeping->files[i] && namespace_kinds[i].flag == namespace_mount)
			return true;
	return false;
}

void
keeping_look(struct keeping *keeping)
{
	keeping->mounts = is_of_mounts(keeping) ? namespace_mounts_id() : 0;
}

void
keeping_prepare(const struct keeping *keeping)
{
	if (keeping->mounts)
		namespace_raise_mounts(keeping->mounts);
}

int
keeping_begin(struct keeping *keeping, pid_t pid)
{
	for (int i = 0; i < NAMESPACE_KINDS; i++) {
		int status = keeping->files[i] ? keep(keeping, i, pid) : 0;

		if (status) {
			keeping_undo(keeping);
			return status;
		}
	}
	return 0;
}

void
keeping_undo(struct keeping *keeping)
{
	for (int i = 0; i < NAMESPACE_KINDS; i++) {
		if (keeping->mounted[i])
			mount_detach(keeping->files[i]);
		if (keeping->made[i])
			unlink(keeping->files[i]);
		keeping->mounted[i] = keeping->made[i] = false;
	}
}
