/* SPDX-License-Identifier: MIT */
#include "kernel/kin.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "file.h"
#include "kernel/pid.h"
#include "memory.h"

const struct hint kin_adopt_hints[] = {
	{ EPERM, "a seccomp profile is in the way: allow prctl", 0 },
	{ ENOSYS, "a seccomp profile is in the way: allow prctl", 0 },
	{ EINVAL, "PR_SET_CHILD_SUBREAPER is needed: Linux 3.4", 0 },
	{ 0, NULL, 0 },
};

enum { FIRST_ROOM = 1024 };

static void
add(struct kin *kin, pid_t pid)
{
	if (kin->count == kin->room) {
		kin->room = kin->room ? 2 * kin->room : 16;
		kin->pids = memory_resize(kin->pids, kin->room, sizeof(*kin->pids));
	}
	kin->pids[kin->count++] = pid;
}

/* A number and the blank behind it. */
static bool
take(const char **text, const char *end, pid_t *pid)
{
	const char *at = *text;
	int64_t number = 0;

	for (; at < end && *at >= '0' && *at <= '9' && number <= PID_LARGEST; at++)
		number = 10 * number + (*at - '0');
	if (number < 1 || number > PID_LARGEST || at == end || *at != ' ')
		return false;
	*pid = (pid_t)number;
	*text = at + 1;
	return true;
}

int
kin_parse(const char *text, size_t length, struct kin *kin)
{
	const char *end = text + length;
	pid_t pid;

	while (text < end) {
		if (!take(&text, end, &pid))
			return -1;
		add(kin, pid);
	}
	return 0;
}

/* The whole of FD, however long it is; its length, or -1 with errno. */
static ssize_t
read_whole(int fd, char **text)
{
	size_t room = FIRST_ROOM, length = 0;

	*text = memory_get(room);
	for (;;) {
		ssize_t more = file_read(fd, *text + length, room - length);

		if (more < 0)
			return -1;
		length += (size_t)more;
		if (length < room)
			return (ssize_t)length;
		room *= 2;
		*text = memory_resize(*text, room, 1);
	}
}

/* What the file PATH lists. */
static int
add_file(const char *path, struct kin *kin)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), result = 0;
	char *text = NULL;
	ssize_t length;

	if (fd < 0)
		return -1;
	length = read_whole(fd, &text);
	if (length >= 0 && kin_parse(text, (size_t)length, kin) < 0) {
		errno = EPROTO;
		result = -1;
	} else if (length < 0 && errno != ESRCH) {
		result = -1;
	}
	file_close(fd);
	free(text);
	return result;
}

/* Adds all processes that are to be, as IS says of one of them and PID. */
static int
add_all(pid_t pid, bool (*is)(pid_t one, pid_t pid), struct kin *kin)
{
	DIR *stream = opendir("/proc");
	struct dirent *entry;

	if (!stream)
		return -1;
	while ((entry = readdir(stream))) {
		const char *error;
		pid_t one = (pid_t)strtonum(entry->d_name, 1, PID_LARGEST, &error);

		if (!error && is(one, pid))
			add(kin, one);
	}
	closedir(stream);
	return 0;
}

static bool
is_child(pid_t one, pid_t pid)
{
	uint64_t start;
	pid_t parent;

	return pid_stat(one, &parent, &start) == 0 && parent == pid;
}

static bool
is_member(pid_t one, pid_t group)
{
	return getpgid(one) == group;
}

/* The list of one thread's children; one that has ended has none. */
static int
add_of_thread(pid_t pid, const char *thread, void *context)
{
	char path[320];

	snprintf(path, sizeof(path), "/proc/%d/task/%s/children", (int)pid, thread);
	return add_file(path, context) < 0 && errno != ENOENT ? -1 : 0;
}

/* Hands the threads of PID to EACH until that does not return 0, and returns that. -1 with errno ESRCH ... */
static int
each_thread(pid_t pid, int (*each)(pid_t pid, const char *thread, void *context), void *context)
{
	char path[32];
	DIR *stream;
	struct dirent *entry;
	int result = 0, error;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	stream = opendir(path);
	if (!stream) {
		if (errno == ENOENT && access("/proc/self/stat", F_OK) == 0)
			errno = ESRCH;
		return -1;
	}
	while (!result && (entry = readdir(stream)))
		if (*entry->d_name != '.')
			result = each(pid, entry->d_name, context);
	error = errno;
	closedir(stream);
	errno = error;
	return result;
}

static bool
has_proc(void)
{
	/* What lists no processes at all would seem to have none of these. */
	if (access("/proc/self/stat", F_OK) < 0)
		return false;
	errno = EXDEV;
	return pid_proc_is_ours();
}

/* Whether the kernel lists children: CONFIG_PROC_CHILDREN. */
static bool
has_lists(void)
{
	return access("/proc/thread-self/children", F_OK) == 0;
}

int
kin_children(pid_t pid, struct kin *kin)
{
	if (!has_proc())
		return -1;
	return has_lists() ? each_thread(pid, add_of_thread, kin) : add_all(pid, is_child, kin);
}

int
kin_group(pid_t group, struct kin *kin)
{
	return has_proc() ? add_all(group, is_member, kin) : -1;
}

/* 1: it runs, or waits for something. */
static int
runs(pid_t pid, const char *thread, void *context)
{
	char path[320], text[512], *at;
	ssize_t length;
	int fd;

	(void)context;
	snprintf(path, sizeof(path), "/proc/%d/task/%s/stat", (int)pid, thread);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	length = fd < 0 ? -1 : file_read(fd, text, sizeof(text));
	file_close(fd);
	at = length > 0 ? memrchr(text, ')', (size_t)length) : NULL;
	if (!at || at + 2 >= text + length)
		return 0;
	return !strchr("TtZX", at[2]);
}

bool
kin_is_still(pid_t pid)
{
	return each_thread(pid, runs, NULL) <= 0;
}

int
kin_adopt(void)
{
	return prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void
kin_done(struct kin *kin)
{
	free(kin->pids);
	*kin = (struct kin){ 0 };
}
