/* SPDX-License-Identifier: MIT */
#include "kernel/range.h"

#include <errno.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <unistd.h>

ssize_t
range_copy(int from, off_t *from_at, int to, off_t *to_at, size_t size)
{
	ssize_t copied;

	do
		copied = copy_file_range(from, from_at, to, to_at, size, 0);
	while (copied < 0 && errno == EINTR);
	return copied;
}

int
range_clone(int from, int to)
{
	int result;

	do
		result = ioctl(to, FICLONE, from);
	while (result < 0 && errno == EINTR);
	return result;
}

bool
range_is_narrow(int fd)
{
	struct statfs status;

	/* The first number is that of ext2 and ext3, too. */
	return fstatfs(fd, &status) == 0
	       && (status.f_type == EXT4_SUPER_MAGIC || status.f_type == TMPFS_MAGIC);
}

bool
range_is_refusal(int error)
{
	switch (error) {
	case EACCES:
	case EAGAIN:
	case EBADF: /* TO only appends */
	case EINVAL:
	case EMFILE: /* file systems that lie upon others open files of their own */
	case ENFILE:
	case ENOENT: /* a server of CIFS */
	case ENOSYS:
	case ENOTTY:
	case EOPNOTSUPP:
	case EPERM:
	case ETXTBSY:
	case EXDEV:
		return true;
	default:
		return false;
	}
}
