/* SPDX-License-Identifier: MIT */
#include "mounts/tale.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/capability.h"
#include "kernel/mountinfo.h"
#include "kernel/status.h"
#include "mounts/current.h"
#include "mounts/layers.h"
#include "mounts/userns.h"

void
tale_tell(struct tale *tale, const char *hint, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	buffer_vprint(&tale->what, format, arguments);
	va_end(arguments);
	tale->hint = hint;
	tale->is_whole = true;
}

const char *
tale_source(const struct attach *wish)
{
	return wish->source ? wish->source : "none";
}

void
tale_folder(struct tale *tale, const char *key, const char *value)
{
	char *missing = strcmp(key, "lowerdir") ? NULL : layers_missing(value);

	tale_tell(tale, NULL, "there is no folder '%s', which overlay was given as '%s'",
		  missing ? missing : value, key);
	free(missing);
}

/* ---- rights ---- */

/* The attributes that the mount is locked with, and that were to be cleared. */
static void
tell_locked(struct tale *tale)
{
	static const struct {
		uint64_t bit;
		char name[12];
	} names[] = {
		{ MOUNT_ATTR_RDONLY, "ro" },
		{ MOUNT_ATTR_NOSUID, "nosuid" },
		{ MOUNT_ATTR_NODEV, "nodev" },
		{ MOUNT_ATTR_NOEXEC, "noexec" },
	};
	const struct attach *wish = tale->wish;
	uint64_t cleared = wish->words->own.clear | wish->words->all.clear;
	struct words current = { 0 };
	struct buffer locked = { 0 };
	int fd = open(wish->words->remount ? wish->target : tale_source(wish), O_PATH | O_CLOEXEC);

	if (fd >= 0 && current_read(fd, &current) == 0)
		for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
			if (cleared & current.own.set & names[i].bit)
				buffer_print(&locked, "%s%s", locked.length ? "," : "",
					     names[i].name);
	if (fd >= 0)
		close(fd);
	if (!locked.length)
		buffer_text(&locked,
			    cleared & MOUNT_ATTR__ATIME ? "its atime" : "one of its words");
	tale_tell(
		tale, "leave these as they are, or change them outside",
		"the mount is locked with %s: it was mounted so before the user namespace was made",
		buffer_string(&locked));
	buffer_done(&locked);
}

void
tale_forbidden(struct tale *tale)
{
	const struct trouble *trouble = tale->trouble;
	const char *type = tale->wish->type;
	bool revealing = type && (!strcmp(type, "proc") || !strcmp(type, "sysfs"));

	if (!capability_have(CAP_SYS_ADMIN))
		tale_tell(tale, "become root, or try unshare -Ur -m",
			  "mounting needs CAP_SYS_ADMIN, which this process does not have");
	else if (!userns_is_inside())
		TALE_ERROR(
			tale,
			"a seccomp profile or a security module, as in containers, is in the way",
			"it is forbidden in spite of CAP_SYS_ADMIN");
	else if (trouble->stage == TROUBLE_ATTRIBUTES && !type)
		tell_locked(tale);
	else if (revealing)
		tale_tell(
			tale,
			!strcmp(type, "proc")
				? "try unshare -Ur -m -p --fork, or bind the one that is there"
				: "try unshare -n, too, or bind the one that is there",
			"in a user namespace, %s needs a %s namespace of its own, and one that nothing is "
			"mounted over",
			type, !strcmp(type, "proc") ? "PID" : "network");
	else if (tale->wish->words->remount)
		tale_tell(tale, "remount,bind changes the mount alone",
			  "the file system belongs to another user namespace");
	else if (type)
		tale_tell(tale, "mount it outside, and bind it here",
			  "the kernel lets nobody mount %s in a user namespace", type);
	else
		tale_tell(tale, "do it outside",
			  "the mount belongs to another user namespace, and is locked in this one");
}

/* ---- places ---- */

/* Whether one of both is a folder and the other not; then it has been told. */
static bool
tell_mismatch(struct tale *tale)
{
	const struct attach *wish = tale->wish;
	struct stat source, target;
	bool is_folder = true, is_made = false;

	if (stat(wish->target, &target) < 0) {
		/* It was, and has been removed again. */
		is_made = errno == ENOENT && wish->words->mkdir;
		if (!is_made)
			return false;
		target.st_mode = S_IFDIR;
	}
	if (wish->words->operation != WORDS_MOUNT) {
		if (stat(tale_source(wish), &source) < 0)
			return false;
		is_folder = S_ISDIR(source.st_mode);
	}
	if (is_folder == S_ISDIR(target.st_mode))
		return false;
	if (is_folder)
		tale_tell(tale, "it has to be a folder",
			  "the target is a file, and what is to be mounted there is a folder");
	else
		tale_tell(
			tale, "it has to be a file: touch makes one",
			is_made ? "--mkdir makes a folder, and what is to be mounted there is a file"
				: "the target is a folder, and what is to be mounted there is a file");
	return true;
}

void
tale_target(struct tale *tale)
{
	switch (tale->trouble->error) {
	case ENOENT:
		if (tale->wish->words->mkdir)
			tale_tell(tale, "a symbolic link on the way may lead nowhere",
				  "the target does not exist, and cannot be made");
		else
			tale_tell(tale,
				  tale->wish->words->remount || !tale->wish->source
					  ? NULL
					  : "make it, or use --mkdir",
				  "the target does not exist");
		break;
	case ENOTDIR:
		TALE_ERROR(tale, "a name in front of a / is that of a file",
			   "the target cannot be reached");
		break;
	default:
		TALE_ERROR(tale, NULL,
			   tale->wish->words->mkdir ? "the target cannot be opened or made"
						    : "the target cannot be opened");
	}
}

/* Whether PATH is the root of a mount, or may be. */
bool
tale_is_mount(const char *path)
{
	struct status status;

	return status_at(AT_FDCWD, path, true, &status) == 0 && status.root != STATUS_IS_NO_ROOT;
}

void
tale_place(struct tale *tale)
{
	const struct attach *wish = tale->wish;
	int error = tale->trouble->error;

	if ((error == EINVAL || error == ENOTDIR) && tell_mismatch(tale))
		return;
	if (error == EINVAL && wish->beneath)
		TALE_ERROR(
			tale,
			"it has to be a mount, not the root, and not one that propagates to here; and Linux 6.5",
			"nothing can be mounted beneath the target");
	else if (error == EINVAL)
		TALE_ERROR(tale, NULL, "the mount cannot be put there");
	else if (error == ENOSPC)
		TALE_ERROR(tale, "raise fs.mount-max", "there are too many mounts");
	else if (error == ENOENT)
		tale_tell(tale, NULL, "the target has been deleted");
	else
		TALE_ERROR(tale, NULL, "the mount cannot be put there");
}

void
tale_move(struct tale *tale)
{
	const struct attach *wish = tale->wish;
	int error = tale->trouble->error;

	if (error == ENOENT)
		tale_tell(tale, NULL, "there is no '%s'", tale_source(wish));
	else if (error == ELOOP)
		tale_tell(tale, NULL, "the target is in what is to be moved");
	else if (error == EINVAL && !tale_is_mount(tale_source(wish)))
		tale_tell(tale, "mountpoint tells; bind it first", "'%s' is no mount point",
			  tale_source(wish));
	else if ((error == EINVAL || error == ENOTDIR) && tell_mismatch(tale))
		return;
	else if (error == EINVAL)
		tale_tell(tale, "make that one private: mount --make-private",
			  "'%s' is mounted in a shared mount, or locked there by a user namespace",
			  tale_source(wish));
	else
		TALE_ERROR(tale, NULL, "'%s' cannot be moved", tale_source(wish));
}

struct search {
	int id;
	bool is_unbindable;
};

static bool
take(const struct mountinfo *mount, void *context)
{
	struct search *search = context;

	if (mount->id != search->id)
		return true;
	search->is_unbindable = strstr(mount->tags, "unbindable");
	return false;
}

/* Whether the mount that PATH is on is; mount_namespaces(7). */
static bool
is_unbindable(const char *path)
{
	struct search search = { 0 };
	struct status status;

	if (status_at(AT_FDCWD, path, true, &status) < 0 || !status.mount)
		return false;
	search.id = status.mount;
	mountinfo_each(take, &search);
	return search.is_unbindable;
}

void
tale_copy(struct tale *tale)
{
	const char *source = tale_source(tale->wish);

	switch (tale->trouble->error) {
	case ENOENT:
		tale_tell(tale, NULL, "there is no '%s'", source);
		break;
	case EINVAL:
		if (is_unbindable(source))
			tale_tell(tale, "make it private: mount --make-private",
				  "'%s' is in a mount that is unbindable", source);
		else if (userns_is_inside() && !tale->wish->words->is_recursive)
			tale_tell(tale, "use --rbind",
				  "'%s' has mounts below it that are locked in this user namespace",
				  source);
		else
			TALE_ERROR(
				tale,
				"it may be in a mount that has been taken away, or in another namespace",
				"'%s' cannot be bound", source);
		break;
	default:
		TALE_ERROR(tale, NULL, "'%s' cannot be bound", source);
	}
}
