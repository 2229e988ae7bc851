/* SPDX-License-Identifier: MIT */
#include "kernel/memfd.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "kernel/compat.h"

static int
in_memory(unsigned int flags)
{
	return (int)syscall(SYS_memfd_create, "butter", MFD_CLOEXEC | flags);
}

int
memfd_open(void)
{
	static const char *const folders[] = { "/dev/shm", "/tmp", "/var/tmp" };
	int fd = in_memory(MFD_NOEXEC_SEAL), error;

	if (fd < 0 && errno == EINVAL) /* before Linux 6.3 */
		fd = in_memory(0);
	if (fd >= 0 || errno == EMFILE || errno == ENFILE || errno == ENOMEM)
		return fd;
	error = errno;
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders) && fd < 0; i++)
		fd = open(folders[i], O_TMPFILE | O_RDWR | O_EXCL | O_CLOEXEC, 0600);
	errno = error;
	return fd;
}
