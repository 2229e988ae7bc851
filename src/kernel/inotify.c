/* SPDX-License-Identifier: MIT */
#include "kernel/inotify.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "file.h"
#include "kernel/compat.h"
#include "kernel/fdinfo.h"

const struct name inotify_names[] = {
	{ "access", IN_ACCESS, "ACCESS" },
	{ "modify", IN_MODIFY, "MODIFY" },
	{ "attrib", IN_ATTRIB, "ATTRIB" },
	{ "close_write", IN_CLOSE_WRITE, "CLOSE_WRITE" },
	{ "close_nowrite", IN_CLOSE_NOWRITE, "CLOSE_NOWRITE" },
	{ "open", IN_OPEN, "OPEN" },
	{ "moved_from", IN_MOVED_FROM, "MOVED_FROM" },
	{ "moved_to", IN_MOVED_TO, "MOVED_TO" },
	{ "create", IN_CREATE, "CREATE" },
	{ "delete", IN_DELETE, "DELETE" },
	{ "delete_self", IN_DELETE_SELF, "DELETE_SELF" },
	{ "unmount", IN_UNMOUNT, "UNMOUNT" },
	{ "q_overflow", IN_Q_OVERFLOW, "Q_OVERFLOW", "overflow" },
	{ "ignored", IN_IGNORED, "IGNORED" },
	{ "close", IN_CLOSE, "CLOSE" },
	{ "move_self", IN_MOVE_SELF, "MOVE_SELF" },
	{ "isdir", IN_ISDIR, "ISDIR" },
	{ "oneshot", IN_ONESHOT, "ONESHOT" },
	{ "move", IN_MOVE },
	{ "all_events", IN_ALL_EVENTS },
	{ "" },
};

/* What to do about a limit: it says what that is now. */
static char watches_advice[256], files_advice[256];

static const struct hint hints[] = {
	{ ENOSPC, watches_advice, 0 },
	{ EMFILE, files_advice, 0 },
	{ ENFILE, "raise fs.file-max", 0 },
	{ EACCES, "reading it must be allowed: run as its owner or root", 0 },
	{ ESTALE, "its file server does not know it any more: mount that again", 0 },
	{ EOPNOTSUPP, "inotify does not hear of changes in /proc and /sys", 0 },
	{ ENOSYS, "this kernel is built without CONFIG_INOTIFY_USER", 0 },
	{ EPERM, "a seccomp profile forbids inotify: allow inotify_init1 and inotify_add_watch",
	  0 },
	{ 0, NULL, 0 },
};

/* Reads the number in the sysctl FILE as text: "?" where it is hidden. */
static void
read_limit(const char *file, char text[24])
{
	int fd = open(file, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : file_read(fd, text, 23);

	if (fd >= 0)
		close(fd);
	strlcpy(text + (length > 0 ? length : 0), length > 0 ? "" : "?", 2);
	text[strcspn(text, "\n")] = '\0';
}

static void
advise_watches(size_t needed)
{
	char limit[24], in_namespace[24], count[48] = "";

	read_limit("/proc/sys/fs/inotify/max_user_watches", limit);
	read_limit("/proc/sys/user/max_inotify_watches", in_namespace);
	if (needed)
		snprintf(count, sizeof(count), "%zu watch%s needed: ", needed,
			 needed == 1 ? " is" : "es are");
	snprintf(
		watches_advice, sizeof(watches_advice),
		"%sraise fs.inotify.max_user_watches, now %s, in a user namespace also user.max_inotify_watches, now %s",
		count, limit, in_namespace);
}

/* It was the instances that were too many, not the descriptors. */
static bool instances_full;

static void
advise_files(void)
{
	char limit[24], in_namespace[24];
	struct rlimit files;

	if (!instances_full) {
		getrlimit(RLIMIT_NOFILE, &files);
		snprintf(files_advice, sizeof(files_advice), "raise ulimit -n, now %llu",
			 (unsigned long long)files.rlim_cur);
		return;
	}
	read_limit("/proc/sys/fs/inotify/max_user_instances", limit);
	read_limit("/proc/sys/user/max_inotify_instances", in_namespace);
	snprintf(
		files_advice, sizeof(files_advice),
		"raise fs.inotify.max_user_instances, now %s, in a user namespace also user.max_inotify_instances, now %s",
		limit, in_namespace);
}

const struct hint *
inotify_hints(size_t needed)
{
	int error = errno;

	if (error == ENOSPC)
		advise_watches(needed);
	else if (error == EMFILE)
		advise_files();
	errno = error;
	return hints;
}

/* Whether this process may open another file. */
static bool
may_open(void)
{
	int fd = open("/", O_PATH | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

int
inotify_open(void)
{
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	if (fd < 0 && errno == EMFILE) {
		instances_full = may_open();
		errno = EMFILE;
	}
	return fd;
}

int
inotify_watch(int fd, const char *path, uint32_t mask)
{
	return inotify_add_watch(fd, path, mask);
}

int
inotify_ignore(int fd, int wd)
{
	return inotify_rm_watch(fd, wd);
}

bool
inotify_is_deaf(int fd)
{
	struct statfs status;

	return fstatfs(fd, &status) == 0
	       && (status.f_type == PROC_SUPER_MAGIC || status.f_type == SYSFS_MAGIC);
}

static bool
is_watch(const char *line, void *context)
{
	const char *beginning = context;

	return !strncmp(line, beginning, strlen(beginning));
}

bool
inotify_has_watch(int fd, int wd)
{
	char beginning[32];

	snprintf(beginning, sizeof(beginning), "inotify wd:%x ", (unsigned int)wd);
	return fdinfo_find(0, fd, is_watch, beginning) != 0;
}

size_t
inotify_queued(int fd)
{
	int size;

	return ioctl(fd, FIONREAD, &size) < 0 || size < 0 ? 0 : (size_t)size;
}

size_t
inotify_decode(const char *bytes, size_t size, struct inotify_record *record)
{
	struct inotify_event header;

	if (size < sizeof(header))
		return 0;
	memcpy(&header, bytes, sizeof(header));
	if (header.len > size - sizeof(header))
		return 0;
	record->wd = header.wd;
	record->mask = header.mask;
	record->cookie = header.cookie;
	record->name = "";
	record->length = 0;
	if (header.len) {
		record->name = bytes + sizeof(header);
		record->length = strnlen(record->name, header.len);
		if (record->length == header.len) /* the kernel pads with at least one NUL */
			return 0;
	}
	return sizeof(header) + header.len;
}
