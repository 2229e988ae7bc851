/* SPDX-License-Identifier: MIT */
#include "kernel/fanotify.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kernel/fdinfo.h"

/* Declared here: sys/fanotify.h has them, but musl's lags behind the kernel's header. */
int fanotify_init(unsigned flags, unsigned event_flags);
int fanotify_mark(int group, unsigned flags, uint64_t mask, int dir, const char *path);

const struct name fanotify_names[] = {
	{ "create", FAN_CREATE, "CREATE" },
	{ "moved_from", FAN_MOVED_FROM, "MOVED_FROM" },
	{ "moved_to", FAN_MOVED_TO, "MOVED_TO" },
	{ "rename", FAN_RENAME, "RENAME" },
	{ "move_self", FAN_MOVE_SELF, "MOVE_SELF" },
	{ "open", FAN_OPEN, "OPEN" },
	{ "open_exec", FAN_OPEN_EXEC, "OPEN_EXEC" },
	{ "access", FAN_ACCESS, "ACCESS" },
	{ "modify", FAN_MODIFY, "MODIFY" },
	{ "attrib", FAN_ATTRIB, "ATTRIB" },
	{ "close_write", FAN_CLOSE_WRITE, "CLOSE_WRITE" },
	{ "close_nowrite", FAN_CLOSE_NOWRITE, "CLOSE_NOWRITE" },
	{ "delete", FAN_DELETE, "DELETE" },
	{ "delete_self", FAN_DELETE_SELF, "DELETE_SELF" },
	{ "fs_error", FAN_FS_ERROR, "FS_ERROR" },
	{ "mnt_detach", FAN_MNT_DETACH, "MNT_DETACH" },
	{ "mnt_attach", FAN_MNT_ATTACH, "MNT_ATTACH" },
	{ "unmount", FANOTIFY_UNMOUNT, "UNMOUNT" },
	{ "exit", FANOTIFY_EXIT, "EXIT" },
	{ "q_overflow", FAN_Q_OVERFLOW, "Q_OVERFLOW", "overflow" },
	{ "isdir", FAN_ONDIR, "ISDIR" },
	{ "close", FAN_CLOSE },
	{ "move", FAN_RENAME | FAN_MOVE },
	{ "" },
};

/* clang-format off */
#define OPEN_HINTS(version) \
	{ EPERM, "this needs CAP_SYS_ADMIN in the first user namespace", CAP_SYS_ADMIN }, \
	{ EPERM, "a seccomp profile forbids fanotify, or this is no first user namespace", 0 }, \
	{ EMFILE, "raise fs.fanotify.max_user_groups, user.max_fanotify_groups or ulimit -n", 0 }, \
	{ ENFILE, "raise fs.file-max", 0 }, \
	{ EINVAL, "this kernel is too old: Linux " version " is needed", 0 }, \
	{ ENOSYS, "this kernel is built without CONFIG_FANOTIFY", 0 }, \
	{ 0, NULL, 0 }
/* clang-format on */

const struct hint fanotify_open_hints[] = { OPEN_HINTS("5.9") };

const struct hint fanotify_open_pidfd_hints[] = { OPEN_HINTS("5.15") };

const struct hint fanotify_open_namespace_hints[] = { OPEN_HINTS("6.15") };

const struct hint fanotify_permit_hints[] = { OPEN_HINTS("5.0") };

/* clang-format off */
#define WATCH_HINTS(not_permitted) \
	{ EPERM, not_permitted, 0 }, \
	{ ENOSPC, "raise fs.fanotify.max_user_marks or user.max_fanotify_marks", 0 }, \
	{ EMFILE, "raise ulimit -n", 0 }, \
	{ ENFILE, "raise fs.file-max", 0 }, \
	{ ENODEV, "this file system has no id: inotifywait can watch it", 0 }, \
	{ EOPNOTSUPP, "this file system has no file handles: inotifywait may do", 0 }, \
	{ EOVERFLOW, "its file handles are too long: inotifywait may do", 0 }, \
	{ EXDEV, \
	  "it is a subvolume: name the mount point of the whole file system, or use inotifywait", 0 }, \
	{ EINVAL, "this kernel does not know such a mark, or not for these events", 0 }, \
	{ EEXIST, "it is marked in another way: name it once only, and not in --ignore, too", 0 }, \
	{ ENOSYS, \
	  "a seccomp profile must allow fanotify_mark, name_to_handle_at and open_by_handle_at", 0 }, \
	{ EACCES, "reading it must be allowed: run as its owner or root", 0 }, \
	{ 0, NULL, 0 }
/* clang-format on */

const struct hint fanotify_watch_hints[] = { WATCH_HINTS(
	"marking a mount or a file system needs CAP_SYS_ADMIN; inotifywait -r does without") };

const struct hint fanotify_watch_inode_hints[] = { WATCH_HINTS(
	"a seccomp profile must allow fanotify_mark and name_to_handle_at") };

const struct hint fanotify_watch_namespace_hints[] = { WATCH_HINTS(
	"this needs CAP_SYS_ADMIN in the user namespace that the mount namespace belongs to") };

const struct hint fanotify_audit_hints[] = {
	{ EPERM, "this needs CAP_AUDIT_WRITE", CAP_AUDIT_WRITE },
	{ EINVAL, "this kernel is built without CONFIG_AUDITSYSCALL", 0 },
	{ 0, NULL, 0 },
};

const struct hint fanotify_permit_watch_hints[] = {
	{ EPERM, "marking a mount or a file system needs CAP_SYS_ADMIN", CAP_SYS_ADMIN },
	{ EPERM, "a seccomp profile forbids fanotify_mark", 0 },
	{ ENOSYS, "a seccomp profile forbids fanotify_mark", 0 },
	{ ENOSPC, "raise fs.fanotify.max_user_marks or user.max_fanotify_marks", 0 },
	{ EXDEV, "it is a subvolume: name the mount point of the whole file system, or use --mount",
	  0 },
	{ ENODEV, "this file system has no id: --mount or --inode may do", 0 },
	{ EOPNOTSUPP, "this file system has no pre-access requests, or no id: try open, or --mount",
	  0 },
	{ EINVAL,
	  "this kernel does not know these requests, or not for this file system, as for /proc and /sys",
	  0 },
	{ 0, NULL, 0 },
};

int
fanotify_open(unsigned int flags)
{
	return fanotify_init(flags | FAN_CLOEXEC | FAN_NONBLOCK,
			     O_RDONLY | O_LARGEFILE | O_CLOEXEC);
}

int
fanotify_watch(int group, unsigned int flags, uint64_t mask, int dir, const char *path)
{
	return fanotify_mark(group, flags, mask, dir, path);
}

static bool
is_mark(const char *line, void *context)
{
	return !strncmp(line, "fanotify ", strlen("fanotify ")) && strstr(line, context);
}

bool
fanotify_marks_device(pid_t holder, int group, unsigned int major, unsigned int minor)
{
	char wanted[32];

	/* A device of the kernel's own kind, linux/kdev_t.h. */
	snprintf(wanted, sizeof(wanted), " sdev:%x ", major << 20 | minor);
	return fdinfo_find(holder, group, is_mark, wanted) != 0;
}

bool
fanotify_marks_mount(pid_t holder, int group, int mount)
{
	char wanted[32];

	snprintf(wanted, sizeof(wanted), " mnt_id:%x ", (unsigned int)mount);
	return fdinfo_find(holder, group, is_mark, wanted) != 0;
}

int
fanotify_answer(int group, int fd, uint32_t response)
{
	struct fanotify_response answer = { .fd = fd, .response = response };

	return write(group, &answer, sizeof(answer)) < 0 ? -1 : 0;
}

bool
fanotify_takes_errno(int group)
{
	/* An answer to nothing, which is only looked at; it has to have more, an audit rule. */
	struct {
		struct fanotify_response response;
		uint8_t type, pad;
		uint16_t length;
		uint32_t rule, subject_trust, object_trust;
	} answer = { .response = { FAN_NOFD, FAN_INFO | FAN_DENY_ERRNO(EIO) }, .type = 1 };

	answer.length = sizeof(answer) - sizeof(answer.response);

	return write(group, &answer, sizeof(answer)) > 0;
}

/* ---- decoding ---- */

/* The handle in the SIZE bytes AT: how many bytes it takes, 0 if that is none. */
static size_t
decode_handle(const char *at, size_t size, struct handle *handle)
{
	struct file_handle header;
	size_t begin = sizeof(handle->file_system) + sizeof(header);

	if (size < begin)
		return 0;
	memcpy(&handle->file_system, at, sizeof(handle->file_system));
	memcpy(&header, at + sizeof(handle->file_system), sizeof(header));
	if (header.handle_bytes > size - begin)
		return 0;
	handle->type = header.handle_type;
	handle->length = header.handle_bytes;
	handle->bytes = (const unsigned char *)at + begin;
	return begin + header.handle_bytes;
}

/* A handle and the NUL-terminated name behind it. */
static bool
decode_entry(const char *at, size_t size, struct handle *handle, const char **name, size_t *length)
{
	size_t taken = decode_handle(at, size, handle);

	*name = at + taken;
	*length = taken ? strnlen(*name, size - taken) : 0;
	if (taken && *length < size - taken)
		return true;
	*handle = (struct handle){ 0 };
	*name = "";
	*length = 0;
	return false;
}

/* One piece of information of TYPE in the SIZE bytes AT; false when it is not what it claims to be. */
static bool
decode_info(int type, const char *at, size_t size, struct fanotify_record *record)
{
	struct {
		int32_t error;
		uint32_t count;
	} error;
	struct {
		uint32_t pad;
		uint64_t offset, count;
	} __attribute__((packed)) range;

	switch (type) {
	case FAN_EVENT_INFO_TYPE_FID:
		return decode_handle(at, size, &record->object);
	case FAN_EVENT_INFO_TYPE_DFID:
		return decode_handle(at, size, &record->dir);
	case FAN_EVENT_INFO_TYPE_DFID_NAME:
	case FAN_EVENT_INFO_TYPE_NEW_DFID_NAME:
		return decode_entry(at, size, &record->dir, &record->name, &record->length);
	case FAN_EVENT_INFO_TYPE_OLD_DFID_NAME:
		return decode_entry(at, size, &record->old_dir, &record->old_name,
				    &record->old_length);
	case FAN_EVENT_INFO_TYPE_PIDFD:
		if (size < sizeof(record->pidfd))
			return false;
		memcpy(&record->pidfd, at, sizeof(record->pidfd));
		return true;
	case FAN_EVENT_INFO_TYPE_ERROR:
		if (size < sizeof(error))
			return false;
		memcpy(&error, at, sizeof(error));
		record->error = error.error;
		record->errors = error.count;
		return true;
	case FAN_EVENT_INFO_TYPE_RANGE:
		if (size < sizeof(range))
			return false;
		memcpy(&range, at, sizeof(range));
		record->has_range = true;
		record->range_at = range.offset;
		record->range_size = range.count;
		return true;
	case FAN_EVENT_INFO_TYPE_MNT:
		/* Aligned: behind the header are four bytes of nothing. */
		if (size < sizeof(uint32_t) + sizeof(record->mount))
			return false;
		memcpy(&record->mount, at + sizeof(uint32_t), sizeof(record->mount));
		return true;
	default:
		return true;
	}
}

size_t
fanotify_decode(const char *bytes, size_t size, struct fanotify_record *record)
{
	struct fanotify_event_metadata header;
	struct fanotify_event_info_header info;

	if (size < sizeof(header))
		return 0;
	memcpy(&header, bytes, sizeof(header));
	if (header.vers != FANOTIFY_METADATA_VERSION || header.event_len > size
	    || header.metadata_len < sizeof(header) || header.metadata_len > header.event_len)
		return 0;
	*record = (struct fanotify_record){ .mask = header.mask,
					    .pid = header.pid,
					    .fd = header.fd,
					    .pidfd = FAN_NOPIDFD,
					    .name = "",
					    .old_name = "" };
	for (size_t at = header.metadata_len; at < header.event_len; at += info.len) {
		if (header.event_len - at < sizeof(info))
			return 0;
		memcpy(&info, bytes + at, sizeof(info));
		if (info.len < sizeof(info) || info.len > header.event_len - at
		    || !decode_info(info.info_type, bytes + at + sizeof(info),
				    info.len - sizeof(info), record))
			return 0;
		if (info.info_type == FAN_EVENT_INFO_TYPE_PIDFD)
			record->pidfd_at = at + sizeof(info);
	}
	return header.event_len;
}
