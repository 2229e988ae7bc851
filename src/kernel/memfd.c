/* SPDX-License-Identifier: MIT */
#include "kernel/memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/compat.h"

const struct hint memfd_hints[] = {
	{ EMFILE, "raise ulimit -n", 0 },
	{ ENFILE, "raise fs.file-max", 0 },
	{ ENOMEM, "memory is full: raise the cgroup's memory.max, or take less", 0 },
	{ ENOSPC, "memory is full: take less", 0 },
	{ EFBIG, "raise ulimit -f", 0 },
	{ EPERM, "a seccomp profile is in the way: allow memfd_create", 0 },
	{ ENOSYS, "memfd_create is needed: Linux 3.17, or a seccomp profile that allows it", 0 },
	{ EOPNOTSUPP, "files that are never to be executed need Linux 6.3: do without --noexec",
	  0 },
	{ 0, NULL, 0 },
};

const struct name memfd_seals[] = {
	{ "none", MEMFD_NONE },      { "seal", F_SEAL_SEAL },
	{ "shrink", F_SEAL_SHRINK }, { "grow", F_SEAL_GROW },
	{ "write", F_SEAL_WRITE },   { "future-write", F_SEAL_FUTURE_WRITE },
	{ "exec", F_SEAL_EXEC },     { "" },
};

static int
create(const char *name, unsigned int flags)
{
	return (int)syscall(SYS_memfd_create, name, MFD_CLOEXEC | flags);
}

int
memfd_open(void)
{
	static const char *const folders[] = { "/dev/shm", "/tmp", "/var/tmp" };
	int fd = create("butter", MFD_NOEXEC_SEAL), error;

	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
		fd = create("butter", 0);
	if (fd >= 0 || errno == EMFILE || errno == ENFILE || errno == ENOMEM)
		return fd;
	error = errno;
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders) && fd < 0; i++)
		fd = open(folders[i], O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
	errno = error;
	return fd;
}

int
memfd_make(const char *name, bool noexec)
{
	int fd = create(name, MFD_ALLOW_SEALING | (noexec ? MFD_NOEXEC_SEAL : MFD_EXEC));

	if (fd < 0 && errno == EINVAL && noexec)
		errno = EOPNOTSUPP;
	else if (fd < 0 && errno == EINVAL) /* before Linux 6.3: all may be executed */
		fd = create(name, MFD_ALLOW_SEALING);
	else if (fd < 0 && errno == EACCES) /* vm.memfd_noexec=2: none may */
		fd = create(name, MFD_ALLOW_SEALING | MFD_NOEXEC_SEAL);
	return fd;
}

/* Up to SIZE bytes of the file FROM: how many. 0: it has no more; -1 with errno. */
static ssize_t
carry(int fd, int from, size_t size)
{
	char piece[1 << 14];
	ssize_t length = sendfile(fd, from, NULL, size);

	/* A file system, or a profile, without sendfile. */
	if (length >= 0 || (errno != EINVAL && errno != ENOSYS && errno != EPERM))
		return length;
	length = read(from, piece, size < sizeof(piece) ? size : sizeof(piece));
	return length > 0 ? write(fd, piece, (size_t)length) : length;
}

int
memfd_fill(int fd, int from, size_t size)
{
	ssize_t length;

	while (size) {
		length = carry(fd, from, size);
		if (length > 0)
			size -= (size_t)length;
		else if (!length || errno != EINTR)
			break;
	}
	if (size && !length)
		errno = ENODATA;
	return size ? -1 : 0;
}

int
memfd_seal(int fd, uint64_t seals)
{
	return fcntl(fd, F_ADD_SEALS, (int)(seals & ~(uint64_t)MEMFD_NONE));
}
