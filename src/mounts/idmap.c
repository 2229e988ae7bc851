/* SPDX-License-Identifier: MIT */
#include "mounts/idmap.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/num.h"
#include "kernel/namespace.h"
#include "kernel/proc.h"
#include "process/channel.h"
#include "process/child.h"

static const char all[] = "0 0 4294967295\n";

/* ---- reading ---- */

/* The number of SIZE digits at TEXT, and the colon behind it if there are more to come. */
static int
take_number(const char **at, char end, uint32_t *number)
{
	char text[16];
	size_t size = strcspn(*at, ": ,\n");
	int64_t value;

	errno = EINVAL;
	if (size >= sizeof(text) || (end && (*at)[size] != end))
		return -1;
	memcpy(text, *at, size);
	text[size] = '\0';
	if (num_integer(text, 0, UINT32_MAX, &value) < 0)
		return -1;
	*at += size + (end != '\0');
	*number = (uint32_t)value;
	return 0;
}

int
idmap_parse(const char *map, struct buffer *users, struct buffer *groups)
{
	static const char between[] = " ,\n";

	for (const char *at = map + strspn(map, between); *at; at += strspn(at, between)) {
		bool is_user = true, is_group = true;
		uint32_t disk, seen, count;

		if (at[0] && at[1] == ':' && strchr("ugb", at[0])) {
			is_user = at[0] != 'g';
			is_group = at[0] != 'u';
			at += 2;
		}
		if (take_number(&at, ':', &disk) < 0 || take_number(&at, ':', &seen) < 0
		    || take_number(&at, '\0', &count) < 0)
			return -1;
		errno = EINVAL;
		if (!count || (*at && !strchr(between, *at)))
			return -1;
		if (is_user)
			buffer_print(users, "%u %u %u\n", disk, seen, count);
		if (is_group)
			buffer_print(groups, "%u %u %u\n", disk, seen, count);
	}
	errno = EINVAL;
	if (!users->length && !groups->length)
		return -1;
	if (!users->length)
		buffer_text(users, all);
	if (!groups->length)
		buffer_text(groups, all);
	return 0;
}

/* ---- a namespace with it ---- */

/* The file NAME of the process PID. */
static int
open_of(pid_t pid, const char *name, int flags)
{
	char path[40];

	snprintf(path, sizeof(path), "%d/%s", (int)pid, name);
	return proc_open(path, flags);
}

static int
write_map(pid_t pid, const char *name, const struct buffer *map)
{
	int fd = open_of(pid, name, O_WRONLY), error;
	ssize_t size;

	if (fd < 0)
		return -1;
	/* The kernel takes it in one piece only. */
	size = write(fd, map->data, map->length);
	error = errno;
	close(fd);
	errno = error;
	return size == (ssize_t)map->length ? 0 : -1;
}

/* In the copy of this process: makes the namespace, tells how that went, and waits until it is killed. */
static _Noreturn void
be_inside(int end)
{
	int error = namespace_new_users() < 0 ? errno : 0;

	if (write(end, &error, sizeof(error)) < 0)
		child_end(1);
	for (;;)
		pause();
}

/* Waits for the word of the child at END. */
static int
hear(int end)
{
	struct pollfd poll_end = { .fd = end, .events = POLLIN };
	int error = 0;

	while (poll(&poll_end, 1, -1) < 0 && errno == EINTR)
		;
	if (read(end, &error, sizeof(error)) != sizeof(error))
		error = EIO;
	errno = error;
	return error ? -1 : 0;
}

static int
make(const struct buffer *users, const struct buffer *groups)
{
	int ends[2], fd = -1, error;
	pid_t pid;

	if (channel_open(ends) < 0)
		return -1;
	pid = child_start();
	if (pid == 0)
		be_inside(ends[1]);
	if (pid > 0 && hear(ends[0]) == 0 && write_map(pid, "uid_map", users) == 0
	    && write_map(pid, "gid_map", groups) == 0)
		fd = open_of(pid, "ns/user", O_RDONLY);
	error = errno;
	close(ends[0]);
	close(ends[1]);
	if (pid > 0) {
		kill(pid, SIGKILL);
		child_wait(pid);
	}
	errno = error;
	return fd;
}

static int
open_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd < 0 || namespace_kind_of(fd) == namespace_user)
		return fd;
	close(fd);
	errno = EINVAL;
	return -1;
}

int
idmap_open(const char *map)
{
	struct buffer users = { 0 }, groups = { 0 };
	int fd, error;

	if (map[0] == '/')
		return open_path(map);
	fd = idmap_parse(map, &users, &groups) < 0 ? -1 : make(&users, &groups);
	error = errno;
	buffer_done(&users);
	buffer_done(&groups);
	errno = error;
	return fd;
}
