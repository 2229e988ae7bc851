/* SPDX-License-Identifier: MIT */
#include "mounts/explain.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/capability.h"
#include "kernel/filesystem.h"
#include "kernel/status.h"
#include "mounts/current.h"
#include "mounts/userns.h"

/* What is told: WHAT failed, and one hint, which is a constant. */
struct tale {
	const struct attach *wish;
	const struct trouble *trouble;
	struct buffer what;
	const char *hint;
	bool is_whole; /* the errno says nothing more */
};

/* What has failed, in full, and what to do. */
static void tell(struct tale *tale, const char *hint, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

static void
tell(struct tale *tale, const char *hint, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	buffer_vprint(&tale->what, format, arguments);
	va_end(arguments);
	tale->hint = hint;
	tale->is_whole = true;
}

/* The same where strerror(3) is to follow. */
#define TELL_ERROR(tale, hint, ...)                                                                \
	do {                                                                                       \
		tell((tale), (hint), __VA_ARGS__);                                                 \
		(tale)->is_whole = false;                                                          \
	} while (0)

static bool
has_heard(const struct trouble *trouble)
{
	return trouble->said.length || trouble->kernel.length;
}

static const char *
source_of(const struct attach *wish)
{
	return wish->source ? wish->source : "none";
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
	int fd = open(wish->words->remount ? wish->target : source_of(wish), O_PATH | O_CLOEXEC);

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
	tell(tale, "leave these as they are, or change them outside",
	     "the mount is locked with %s: it was mounted so before the user namespace was made",
	     buffer_string(&locked));
	buffer_done(&locked);
}

static void
tell_forbidden(struct tale *tale)
{
	const struct trouble *trouble = tale->trouble;
	const char *type = tale->wish->type;
	bool revealing = type && (!strcmp(type, "proc") || !strcmp(type, "sysfs"));

	if (!capability_have(CAP_SYS_ADMIN))
		tell(tale, "become root, or try unshare -Ur -m",
		     "mounting needs CAP_SYS_ADMIN, which this process does not have");
	else if (!userns_is_inside())
		TELL_ERROR(
			tale,
			"a seccomp profile or a security module, as in containers, is in the way",
			"it is forbidden in spite of CAP_SYS_ADMIN");
	else if (trouble->stage == TROUBLE_ATTRIBUTES && !type)
		tell_locked(tale);
	else if (revealing)
		tell(tale,
		     !strcmp(type, "proc")
			     ? "try unshare -Ur -m -p --fork, or bind the one that is there"
			     : "try unshare -n, too, or bind the one that is there",
		     "in a user namespace, %s needs a %s namespace of its own, and one that nothing is "
		     "mounted over",
		     type, !strcmp(type, "proc") ? "PID" : "network");
	else if (tale->wish->words->remount)
		tell(tale, "remount,bind changes the mount alone",
		     "the file system belongs to another user namespace");
	else if (type)
		tell(tale, "mount it outside, and bind it here",
		     "the kernel lets nobody mount %s in a user namespace", type);
	else
		tell(tale, "do it outside",
		     "the mount belongs to another user namespace, and is locked in this one");
}

/* ---- places ---- */

/* Whether one of both is a folder and the other not; then it has been told. */
static bool
tell_mismatch(struct tale *tale)
{
	const struct attach *wish = tale->wish;
	struct stat source, target;
	bool is_folder = true;

	if (stat(wish->target, &target) < 0)
		return false;
	if (wish->words->operation != WORDS_MOUNT) {
		if (stat(source_of(wish), &source) < 0)
			return false;
		is_folder = S_ISDIR(source.st_mode);
	}
	if (is_folder == S_ISDIR(target.st_mode))
		return false;
	if (is_folder)
		tell(tale, "it has to be a folder",
		     "the target is a file, and what is to be mounted there is a folder");
	else
		tell(tale, "it has to be a file: touch makes one",
		     "the target is a folder, and what is to be mounted there is a file");
	return true;
}

static void
tell_target(struct tale *tale)
{
	switch (tale->trouble->error) {
	case ENOENT:
		tell(tale, tale->wish->words->remount ? NULL : "make it, or use --mkdir",
		     "the target does not exist");
		break;
	case ENOTDIR:
		TELL_ERROR(tale, "a name in front of a / is that of a file",
			   "the target cannot be reached");
		break;
	default:
		TELL_ERROR(tale, NULL,
			   tale->wish->words->mkdir ? "the target cannot be opened or made"
						    : "the target cannot be opened");
	}
}

/* Whether PATH is the root of a mount, or may be. */
static bool
is_mount(const char *path)
{
	struct status status;

	return status_at(AT_FDCWD, path, true, &status) == 0 && status.root != STATUS_IS_NO_ROOT;
}

static void
tell_place(struct tale *tale)
{
	const struct attach *wish = tale->wish;
	int error = tale->trouble->error;

	if ((error == EINVAL || error == ENOTDIR) && tell_mismatch(tale))
		return;
	if (error == EINVAL && wish->beneath)
		TELL_ERROR(
			tale,
			"it has to be a mount, not the root, and not one that propagates to here",
			"nothing can be mounted beneath the target");
	else if (error == EINVAL)
		TELL_ERROR(tale, NULL, "the mount cannot be put there");
	else if (error == ENOSPC)
		TELL_ERROR(tale, "raise fs.mount-max", "there are too many mounts");
	else if (error == ENOENT)
		tell(tale, NULL, "the target has been deleted");
	else
		TELL_ERROR(tale, NULL, "the mount cannot be put there");
}

static void
tell_move(struct tale *tale)
{
	const struct attach *wish = tale->wish;
	int error = tale->trouble->error;

	if (error == ENOENT)
		tell(tale, NULL, "there is no '%s'", source_of(wish));
	else if (error == ELOOP)
		tell(tale, NULL, "the target is in what is to be moved");
	else if (error == EINVAL && !is_mount(source_of(wish)))
		tell(tale, "mountpoint tells; bind it first", "'%s' is no mount point",
		     source_of(wish));
	else if ((error == EINVAL || error == ENOTDIR) && tell_mismatch(tale))
		return;
	else if (error == EINVAL)
		tell(tale, "make that one private: mount --make-private",
		     "'%s' is mounted in a shared mount, or locked there by a user namespace",
		     source_of(wish));
	else
		TELL_ERROR(tale, NULL, "'%s' cannot be moved", source_of(wish));
}

static void
tell_copy(struct tale *tale)
{
	const char *source = source_of(tale->wish);

	switch (tale->trouble->error) {
	case ENOENT:
		tell(tale, NULL, "there is no '%s'", source);
		break;
	case EINVAL:
		if (userns_is_inside() && !tale->wish->words->is_recursive)
			tell(tale, "use --rbind",
			     "'%s' has mounts below it that are locked in this user namespace",
			     source);
		else
			tell(tale, "make it private: mount --make-private",
			     "'%s' is unbindable, or in another mount namespace", source);
		break;
	default:
		TELL_ERROR(tale, NULL, "'%s' cannot be bound", source);
	}
}

/* ---- file systems ---- */

static void
tell_type(struct tale *tale)
{
	if (tale->trouble->error == ENODEV)
		tell(tale, "cat /proc/filesystems lists them; modprobe may load it",
		     "the kernel does not know a file system '%s'", tale->wish->type);
	else
		TELL_ERROR(tale, NULL, "a file system of type '%s' cannot be begun",
			   tale->wish->type);
}

static void
tell_option(struct tale *tale)
{
	const struct trouble *trouble = tale->trouble;
	const char *type = tale->wish->type ? tale->wish->type : "the file system";
	const char *value = words_value(tale->wish->words, trouble->name);

	if (value && strlen(value) > FILESYSTEM_LONGEST)
		tell(tale, "use a shorter path",
		     "option '%s' has more than %d bytes, which this kernel does not take",
		     trouble->name, FILESYSTEM_LONGEST);
	else if (trouble->error == ENOENT && tale->wish->type && !strcmp(type, "overlay"))
		tell(tale, NULL, "there is no folder '%s', which overlay was given%s%s%s",
		     value ? value : trouble->name, value ? " as '" : "",
		     value ? trouble->name : "", value ? "'" : "");
	else
		TELL_ERROR(tale,
			   tale->wish->words->remount ? "some options are for the first mount alone"
						      : NULL,
			   "%s does not take option '%s%s%s'", type, trouble->name,
			   value ? "=" : "", value ? value : "");
}

/* ENOENT: the device, or a folder that overlay was given. */
static void
tell_missing(struct tale *tale)
{
	static const char *const keys[] = { "upperdir", "workdir", "lowerdir" };
	const struct attach *wish = tale->wish;
	struct stat status;

	for (size_t i = 0; !strcmp(wish->type, "overlay") && i < sizeof(keys) / sizeof(*keys);
	     i++) {
		const char *value = words_value(wish->words, keys[i]);

		if (value && !strchr(value, ':') && stat(value, &status) < 0) {
			tell(tale, NULL, "there is no folder '%s', which overlay was given as '%s'",
			     value, keys[i]);
			return;
		}
	}
	if (wish->source && stat(wish->source, &status) < 0)
		tell(tale, wish->source[0] == '/' ? "lsblk lists the disks" : NULL,
		     "there is no device '%s'", wish->source);
	else
		TELL_ERROR(tale, NULL, "%s does not find something that it needs", wish->type);
}

/* Whether what has been heard is about an option, and not about what is on the disk. */
static bool
is_about_option(const struct trouble *trouble)
{
	struct buffer heard = trouble->said.length ? trouble->said : trouble->kernel;

	return heard.length
	       && (memmem(heard.data, heard.length, "parameter", strlen("parameter"))
		   || memmem(heard.data, heard.length, "value", strlen("value")));
}

static void
tell_create(struct tale *tale)
{
	const struct attach *wish = tale->wish;
	int error = tale->trouble->error;
	struct stat status;
	bool is_disk = wish->source && stat(wish->source, &status) == 0 && S_ISBLK(status.st_mode);

	if (error == ENOENT)
		tell_missing(tale);
	else if (error == ENOTBLK)
		tell(tale, "a file needs a loop device: -o loop", "'%s' is no disk",
		     source_of(wish));
	else if (error == EINVAL && is_disk && !is_about_option(tale->trouble))
		tell(tale, "without -t the type is found; fsck may mend it",
		     "there is no %s file system on '%s', or it is broken", wish->type,
		     wish->source);
	else if (error == EINVAL)
		TELL_ERROR(tale,
			   has_heard(tale->trouble) ? NULL
						    : "one of the options may be wrong, or missing",
			   "%s cannot be made with these options", wish->type);
	else if (error == EROFS || error == EACCES)
		TELL_ERROR(tale, is_disk ? "mount it read-only: -r" : NULL,
			   is_disk ? "'%s' is write-protected" : "'%s' cannot be used",
			   source_of(wish));
	else if (error == EBUSY)
		TELL_ERROR(tale,
			   wish->exclusive ? "--exclusive takes none that is mounted"
					   : "findmnt or lsblk may tell by whom",
			   "'%s' is in use already", source_of(wish));
	else if (error == E2BIG)
		tell(tale, "use fewer or shorter ones",
		     "the options are more than mount(2) takes, 4095 bytes");
	else if (error == EUCLEAN || error == EIO)
		TELL_ERROR(tale, "the disk or what is on it may be broken: look at dmesg, run fsck",
			   "'%s' cannot be read as %s", source_of(wish), wish->type);
	else if (error == ENXIO || error == ENOMEDIUM)
		TELL_ERROR(tale, "insert one", "there is no disk in '%s'", source_of(wish));
	else
		TELL_ERROR(tale, NULL, "%s cannot be made", wish->type);
}

static void
tell_change(struct tale *tale)
{
	switch (tale->trouble->error) {
	case EBUSY:
		TELL_ERROR(tale, "fuser -m names who has files open for writing", "it is in use");
		break;
	case EACCES:
	case EROFS:
		TELL_ERROR(tale, NULL, "the disk is write-protected");
		break;
	default:
		TELL_ERROR(tale, NULL, "the file system cannot be changed so");
	}
}

static void
tell_attributes(struct tale *tale)
{
	if (tale->trouble->error == EBUSY)
		TELL_ERROR(tale, "fuser -m names who has files open for writing", "it is in use");
	else if (tale->trouble->error == EINVAL && tale->wish->words->remount
		 && !is_mount(tale->wish->target))
		tell(tale, "mountpoint tells", "nothing is mounted there");
	else if (tale->trouble->name)
		TELL_ERROR(tale, NULL, "the mount '%s' cannot be changed", tale->trouble->name);
	else
		TELL_ERROR(tale, NULL, "the words for the mount are not taken");
}

/* mount(2) has one errno for all: what is most probable, by looking. */
static void
tell_call(struct tale *tale)
{
	const struct attach *wish = tale->wish;
	int error = tale->trouble->error;
	struct stat status;

	if (wish->words->remount)
		tell_change(tale);
	else if (wish->words->operation == WORDS_MOVE)
		tell_move(tale);
	else if (error == ENOTDIR || error == ELOOP || error == ENOSPC)
		tell_place(tale);
	else if (wish->words->operation == WORDS_BIND)
		tell_copy(tale);
	else if (error == ENODEV)
		tell_type(tale);
	else if (error == ENOENT && stat(wish->target, &status) < 0)
		tell_target(tale);
	else
		tell_create(tale);
}

static void
tell_stage(struct tale *tale)
{
	const struct trouble *trouble = tale->trouble;

	switch (trouble->stage) {
	case TROUBLE_TARGET:
		tell_target(tale);
		break;
	case TROUBLE_TYPE:
		tell_type(tale);
		break;
	case TROUBLE_OPTION:
		tell_option(tale);
		break;
	case TROUBLE_SOURCE:
		TELL_ERROR(tale, NULL, "%s does not take '%s' as its source", tale->wish->type,
			   source_of(tale->wish));
		break;
	case TROUBLE_CREATE:
		tell_create(tale);
		break;
	case TROUBLE_COPY:
		tell_copy(tale);
		break;
	case TROUBLE_ATTRIBUTES:
		tell_attributes(tale);
		break;
	case TROUBLE_PLACE:
		tell_place(tale);
		break;
	case TROUBLE_MOVE:
		tell_move(tale);
		break;
	case TROUBLE_PICK:
		if (trouble->error == EINVAL)
			tell(tale, "mountpoint tells", "nothing is mounted there");
		else
			TELL_ERROR(tale, NULL, "what is mounted there cannot be looked at");
		break;
	case TROUBLE_CHANGE:
		tell_change(tale);
		break;
	case TROUBLE_PROPAGATION:
		if (trouble->error == EINVAL && !is_mount(tale->wish->target))
			tell(tale, "bind it on itself first", "nothing is mounted there");
		else
			TELL_ERROR(tale, NULL, "its propagation cannot be set");
		break;
	case TROUBLE_CALL:
		tell_call(tale);
		break;
	case TROUBLE_VERIFY:
		TELL_ERROR(tale, "something lies over it",
			   "the mount '%s' below cannot be reached, and would stay as it is",
			   trouble->name ? trouble->name : "?");
		break;
	default:
		TELL_ERROR(tale, NULL, "it failed");
	}
}

/* The file system's own words, with its name once. */
static void
add_said(struct buffer *text, const char *type, const struct trouble *trouble)
{
	const char *said = trouble->said.data;
	size_t length = trouble->said.length, name = type ? strlen(type) : 0;

	if (name && length > name + 2 && !strncmp(said, type, name) && said[name] == ':') {
		said += name + 2;
		length -= name + 2;
	}
	buffer_print(text, "; %s says: %.*s", type ? type : "it", (int)length, said);
}

void
explain(const struct attach *wish, const struct trouble *trouble, struct buffer *text)
{
	struct tale tale = { .wish = wish, .trouble = trouble };
	struct buffer said = trouble->said, kernel = trouble->kernel;

	if (trouble->error == EPERM)
		tell_forbidden(&tale);
	else
		tell_stage(&tale);
	buffer_add(text, tale.what.data, tale.what.length);
	if (!tale.is_whole)
		buffer_print(text, ": %s", strerror(trouble->error));
	if (said.length)
		add_said(text, wish->type, trouble);
	else if (kernel.length)
		buffer_print(text, "; kernel log: %.*s", (int)kernel.length, kernel.data);
	if (tale.hint)
		buffer_print(text, " (%s)", tale.hint);
	buffer_done(&tale.what);
}
