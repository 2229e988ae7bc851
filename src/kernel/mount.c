/* SPDX-License-Identifier: MIT */
#include "kernel/mount.h"

#include <stddef.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

int
mount_propagate(const char *path, enum mount_propagation how)
{
	return mount("none", path, NULL, MS_REC | (how == MOUNT_SLAVE ? MS_SLAVE : MS_PRIVATE),
		     NULL);
}

int
mount_bind(const char *from, const char *to)
{
	return mount(from, to, NULL, MS_BIND | MS_REC, NULL);
}

int
mount_move(const char *from, const char *to)
{
	return mount(from, to, NULL, MS_MOVE, NULL);
}

int
mount_call(const char *source, const char *target, const char *type, uint64_t flags,
	   const char *data)
{
	return mount(source, target, type, flags, data);
}

int
mount_detach(const char *path)
{
	return umount2(path, MNT_DETACH);
}

int
mount_pivot_root(const char *new_root, const char *put_old)
{
	return (int)syscall(SYS_pivot_root, new_root, put_old);
}

int
mount_chroot(const char *path)
{
	return chroot(path);
}
