/* SPDX-License-Identifier: MIT */
#include "kernel/status.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "kernel/compat.h"
#include "kernel/handle.h"

static enum status_root
root_of(const struct statx *found)
{
	if (!(found->stx_attributes_mask & STATX_ATTR_MOUNT_ROOT))
		return STATUS_ROOT_UNKNOWN;
	return found->stx_attributes & STATX_ATTR_MOUNT_ROOT ? STATUS_IS_ROOT : STATUS_IS_NO_ROOT;
}

/* Without statx. */
static int
ask_otherwise(int fd, const char *path, bool follow, struct status *status)
{
	int links = (follow ? 0 : AT_SYMLINK_NOFOLLOW) | (*path ? 0 : AT_EMPTY_PATH);
	struct stat found;
	int mount;

	if (fstatat(fd, path, &found, links | AT_NO_AUTOMOUNT) < 0)
		return -1;
	mount = handle_mount(fd, path, follow);
	*status = (struct status){ .mode = found.st_mode,
				   .links = (uint32_t)found.st_nlink,
				   .inode = found.st_ino,
				   .device = found.st_dev,
				   .mount = mount < 0 ? 0 : mount,
				   .root = STATUS_ROOT_UNKNOWN };
	return 0;
}

int
status_at(int fd, const char *path, bool follow, struct status *status)
{
	int links = (follow ? 0 : AT_SYMLINK_NOFOLLOW) | (*path ? 0 : AT_EMPTY_PATH);
	struct statx found;

	if (statx(fd, path, links | AT_NO_AUTOMOUNT | AT_STATX_DONT_SYNC,
		  STATX_TYPE | STATX_NLINK | STATX_INO | STATX_MNT_ID, &found)
		    < 0
	    || !(found.stx_mask & STATX_MNT_ID))
		return ask_otherwise(fd, path, follow, status);
	*status = (struct status){ .mode = found.stx_mode,
				   .links = found.stx_nlink,
				   .inode = found.stx_ino,
				   .device = makedev(found.stx_dev_major, found.stx_dev_minor),
				   .mount = (int)found.stx_mnt_id,
				   .root = root_of(&found) };
	return 0;
}
