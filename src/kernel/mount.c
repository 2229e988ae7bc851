/* SPDX-License-Identifier: MIT */
#include "kernel/mount.h"

#include <linux/capability.h>
#include <stddef.h>
#include <sys/mount.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

int
mount_propagate(const char *path, enum mount_propagation how)
{
	static const unsigned long flags[] = {
		[MOUNT_PRIVATE] = MS_PRIVATE, [MOUNT_SLAVE] = MS_SLAVE, [MOUNT_SHARED] = MS_SHARED
	};

	return mount("none", path, NULL, MS_REC | flags[how], NULL);
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

const struct hint mount_remove_hints[] = {
	{ EPERM, "needs CAP_SYS_ADMIN", CAP_SYS_ADMIN },
	{ EPERM, "it belongs to a more privileged user namespace, or a seccomp profile forbids it",
	  0 },
	{ ELOOP, "a symbolic link has come to be on the way: look who has made it", 0 },
	{ 0, NULL, 0 },
};

int
mount_remove(const char *path, unsigned how)
{
	return umount2(path, UMOUNT_NOFOLLOW | (how & MOUNT_FORCE ? MNT_FORCE : 0)
				     | (how & MOUNT_LAZY ? MNT_DETACH : 0)
				     | (how & MOUNT_EXPIRE ? MNT_EXPIRE : 0));
}

int
mount_make_read_only(const char *path)
{
	/* statvfs(3)'s bits, as the kernel gives them (include/linux/statfs.h), and mount(2)'s. */
	static const unsigned long flags[][2] = {
		{ 0x2, MS_NOSUID },      { 0x4, MS_NODEV },
		{ 0x8, MS_NOEXEC },      { 0x10, MS_SYNCHRONOUS },
		{ 0x400, MS_NOATIME },   { 0x800, MS_NODIRATIME },
		{ 0x1000, MS_RELATIME }, { 0x2000, 0x100 /* MS_NOSYMFOLLOW */ },
	};
	unsigned long how = MS_REMOUNT;
	struct statvfs status;

	/* What is not named would be taken away. */
	if (statvfs(path, &status) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		if (status.f_flag & flags[i][0])
			how |= flags[i][1];
	if (!(how & (MS_NOATIME | MS_RELATIME)))
		how |= MS_STRICTATIME;
	if (mount("none", path, NULL, how | MS_RDONLY, NULL) < 0)
		return -1;
	/* That was the mount, too; it is no failure if that stays so. */
	if (!(status.f_flag & ST_RDONLY))
		mount("none", path, NULL, how | MS_BIND, NULL);
	return 0;
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
