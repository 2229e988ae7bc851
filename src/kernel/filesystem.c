/* SPDX-License-Identifier: MIT */
#include "kernel/filesystem.h"

#include <linux/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

/* FSCONFIG_CMD_CREATE_EXCL, which headers have as a constant since Linux 6.6. */
enum { CREATE_EXCLUSIVE = 8 };

int
filesystem_open(const char *type)
{
	return (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
}

int
filesystem_pick(int fd)
{
	return (int)syscall(SYS_fspick, fd, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH);
}

static int
configure(int context, unsigned int command, const char *key, const char *value)
{
	return (int)syscall(SYS_fsconfig, context, command, key, value, 0);
}

int
filesystem_set(int context, const char *key, const char *value)
{
	return configure(context, value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, key, value);
}

int
filesystem_create(int context, bool exclusive)
{
	return configure(context, exclusive ? CREATE_EXCLUSIVE : FSCONFIG_CMD_CREATE, NULL, NULL);
}

int
filesystem_reconfigure(int context)
{
	return configure(context, FSCONFIG_CMD_RECONFIGURE, NULL, NULL);
}

int
filesystem_mount(int context, uint64_t attributes)
{
	return (int)syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, (unsigned int)attributes);
}

size_t
filesystem_message(int context, char *text, size_t room)
{
	ssize_t size = read(context, text, room - 1);

	if (size < 0)
		size = 0;
	while (size && text[size - 1] == '\n')
		size--;
	text[size] = '\0';
	return (size_t)size;
}
