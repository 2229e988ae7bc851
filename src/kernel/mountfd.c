/* SPDX-License-Identifier: MIT */
#include "kernel/mountfd.h"

#include <fcntl.h>
#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/compat.h"

int
mountfd_clone(int fd, const char *path, bool recursive)
{
	return (int)syscall(SYS_open_tree, fd, path,
			    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0)
				    | (*path ? 0 : AT_EMPTY_PATH));
}

int
mountfd_place(int fd, int target, bool beneath)
{
	return (int)syscall(SYS_move_mount, fd, "", target, "",
			    MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH
				    | (beneath ? MOVE_MOUNT_BENEATH : 0));
}

static int
set(int fd, struct mount_attr attributes, bool recursive)
{
	return (int)syscall(SYS_mount_setattr, fd, "",
			    AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attributes,
			    sizeof(attributes));
}

int
mountfd_change(int fd, uint64_t on, uint64_t off, bool recursive)
{
	return set(fd, (struct mount_attr){ .attr_set = on, .attr_clr = off }, recursive);
}

int
mountfd_propagate(int fd, uint64_t propagation, bool recursive)
{
	return set(fd, (struct mount_attr){ .propagation = propagation }, recursive);
}

int
mountfd_map(int fd, int namespace, bool recursive)
{
	return set(fd,
		   (struct mount_attr){ .attr_set = MOUNT_ATTR_IDMAP,
					.userns_fd = (uint64_t) namespace },
		   recursive);
}
