/* SPDX-License-Identifier: MIT */
#include "kernel/loopnode.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "file.h"

enum { LOOP_MAJOR = 7 }; /* Documentation/admin-guide/devices.txt */

/* MAJOR:MINOR of the loop device NUMBER: with partitions (loop.max_part), the minor is another number. */
static dev_t
device_number(int number)
{
	char path[64], text[32] = "", *minor = text;
	const char *error = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/block/loop%d/dev", number);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (file_read(fd, text, sizeof(text) - 1) < 0)
			text[0] = '\0';
		close(fd);
	}
	text[strcspn(text, "\n")] = '\0';
	strsep(&minor, ":");
	if (minor)
		number = (int)strtonum(minor, 0, INT_MAX, &error);
	return makedev(LOOP_MAJOR, number);
}

int
loopnode_number(const char *path)
{
	static const char start[] = "/dev/loop";
	const char *error;
	long long number;

	if (strncmp(path, start, strlen(start)))
		return -1;
	number = strtonum(path + strlen(start), 0, INT_MAX, &error);
	return error ? -1 : (int)number;
}

/* Whether the kernel is known to have no device of this number: it makes one when its node is opened. */
static bool
is_unknown(int number)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/block/loop%d", number);
	return access("/sys/block", F_OK) == 0 && access(path, F_OK) < 0 && errno == ENOENT;
}

int
loopnode_open(struct loop *loop, bool read_only, enum loop_step *step)
{
	int how = read_only ? O_RDONLY : O_RDWR, number = loopnode_number(loop->path);

	*step = LOOP_OPEN_DEVICE;
	loop->fd = open(loop->path, how | O_NONBLOCK | O_CLOEXEC);
	if (loop->fd >= 0 || errno != ENOENT || number < 0)
		return loop->fd;
	*step = LOOP_MAKE_NODE;
	loop->is_added = is_unknown(number);
	if (mknod(loop->path, S_IFBLK | 0660, device_number(number)) == 0)
		loop->made_node = true;
	else if (errno != EEXIST)
		return -1;
	*step = LOOP_OPEN_DEVICE;
	loop->fd = open(loop->path, how | O_NONBLOCK | O_CLOEXEC);
	return loop->fd;
}
