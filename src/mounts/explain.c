/* SPDX-License-Identifier: MIT */
#include "mounts/explain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kernel/filesystem.h"
#include "mounts/layers.h"
#include "mounts/signature.h"
#include "mounts/tale.h"

static bool
has_heard(const struct trouble *trouble)
{
	return trouble->said.length || trouble->kernel.length;
}

/* ---- file systems ---- */

static void
tell_type(struct tale *tale)
{
	if (tale->trouble->error == ENODEV)
		tale_tell(tale, "cat /proc/filesystems lists them; modprobe may load it",
			  "the kernel does not know a file system '%s'", tale->wish->type);
	else
		TALE_ERROR(tale, NULL, "a file system of type '%s' cannot be begun",
			   tale->wish->type);
}

/* A folder that overlay was given as KEY is missing: VALUE, or one of it. */
static void
tell_folder(struct tale *tale, const char *key, const char *value)
{
	char *missing = strcmp(key, "lowerdir") ? NULL : layers_missing(value);

	tale_tell(tale, NULL, "there is no folder '%s', which overlay was given as '%s'",
		  missing ? missing : value, key);
	free(missing);
}

static void
tell_option(struct tale *tale)
{
	const struct trouble *trouble = tale->trouble;
	const char *type = tale->wish->type ? tale->wish->type : "the file system";
	const char *value = words_value(tale->wish->words, trouble->name);

	if (trouble->error == ENOENT && value && !strcmp(type, "overlay"))
		tell_folder(tale, trouble->name, value);
	else if (value && strlen(value) > FILESYSTEM_LONGEST)
		tale_tell(tale, "use a shorter path",
			  "option '%s' has more than %d bytes, which this kernel does not take",
			  trouble->name, FILESYSTEM_LONGEST);
	else
		TALE_ERROR(tale,
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

		bool is_list = !strcmp(keys[i], "lowerdir");
		char *missing = value && is_list ? layers_missing(value) : NULL;

		if (missing || (value && !is_list && stat(value, &status) < 0)) {
			free(missing);
			tell_folder(tale, keys[i], value);
			return;
		}
	}
	if (wish->source && stat(wish->source, &status) < 0)
		tale_tell(tale, wish->source[0] == '/' ? "lsblk lists the disks" : NULL,
			  "there is no device '%s'", wish->source);
	else
		TALE_ERROR(tale, NULL, "%s does not find something that it needs", wish->type);
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

/* What is on the disk is not what was said: then, what is it? */
static void
tell_other_type(struct tale *tale)
{
	const struct attach *wish = tale->wish;
	int fd = open(wish->source, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct signature found;

	if (fd >= 0 && signature_read(fd, 0, 0, &found) == SIGNATURE_ONE
	    && strcmp(found.type, wish->type))
		tale_tell(tale, "without -t the type is found",
			  "there is no %s file system on '%s', but %s", wish->type, wish->source,
			  found.type);
	else
		tale_tell(tale,
			  signature_is_known() ? "without -t the type is found; fsck may mend it"
					       : "fsck may mend it",
			  "there is no %s file system on '%s', or it is broken", wish->type,
			  wish->source);
	if (fd >= 0)
		close(fd);
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
	else if (error == ENOTBLK && wish->source && stat(wish->source, &status) == 0
		 && S_ISDIR(status.st_mode))
		tale_tell(tale, "--bind shows it at TARGET, too", "'%s' is a folder, and no disk",
			  wish->source);
	else if (error == ENOTBLK)
		tale_tell(tale, "a file needs a loop device: -o loop", "'%s' is no disk",
			  tale_source(wish));
	else if (error == EINVAL && is_disk && !is_about_option(tale->trouble))
		tell_other_type(tale);
	else if (error == EINVAL)
		TALE_ERROR(tale,
			   has_heard(tale->trouble) ? NULL
						    : "one of the options may be wrong, or missing",
			   "%s cannot be made with these options", wish->type);
	else if (error == EROFS || error == EACCES)
		TALE_ERROR(tale, is_disk ? "mount it read-only: -r" : NULL,
			   is_disk ? "'%s' is write-protected" : "'%s' cannot be used",
			   tale_source(wish));
	else if (error == EBUSY)
		TALE_ERROR(tale,
			   wish->exclusive ? "--exclusive takes none that is mounted"
					   : "findmnt or lsblk may tell by whom",
			   "'%s' is in use already", tale_source(wish));
	else if (error == E2BIG)
		tale_tell(tale, "use fewer or shorter ones",
			  "the options are more than mount(2) takes, 4095 bytes");
	else if (error == EUCLEAN || error == EIO)
		TALE_ERROR(tale, "the disk or what is on it may be broken: look at dmesg, run fsck",
			   "'%s' cannot be read as %s", tale_source(wish), wish->type);
	else if (error == ENXIO || error == ENOMEDIUM)
		TALE_ERROR(tale, "insert one", "there is no disk in '%s'", tale_source(wish));
	else
		TALE_ERROR(tale, NULL, "%s cannot be made", wish->type);
}

static void
tell_change(struct tale *tale)
{
	switch (tale->trouble->error) {
	case EINVAL:
		if (!tale_is_mount(tale->wish->target))
			tale_tell(tale, "mountpoint tells", "nothing is mounted there");
		else
			TALE_ERROR(tale, NULL, "the file system cannot be changed so");
		break;
	case EBUSY:
		TALE_ERROR(tale, "fuser -m names who has files open for writing", "it is in use");
		break;
	case EACCES:
	case EROFS:
		TALE_ERROR(tale, NULL, "the disk is write-protected");
		break;
	default:
		TALE_ERROR(tale, NULL, "the file system cannot be changed so");
	}
}

static void
tell_attributes(struct tale *tale)
{
	if (tale->trouble->error == EBUSY)
		TALE_ERROR(tale, "fuser -m names who has files open for writing", "it is in use");
	else if (tale->trouble->error == EINVAL && tale->wish->words->remount
		 && !tale_is_mount(tale->wish->target))
		tale_tell(tale, "mountpoint tells", "nothing is mounted there");
	else if (tale->trouble->name)
		TALE_ERROR(tale, NULL, "the mount '%s' cannot be changed", tale->trouble->name);
	else
		TALE_ERROR(tale, NULL, "the words for the mount are not taken");
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
		tale_move(tale);
	else if (error == ENOTDIR || error == ELOOP || error == ENOSPC)
		tale_place(tale);
	else if (wish->words->operation == WORDS_BIND)
		tale_copy(tale);
	else if (error == ENODEV)
		tell_type(tale);
	else if (error == ENOENT && stat(wish->target, &status) < 0)
		tale_target(tale);
	else
		tell_create(tale);
}

static void
tell_namespace(struct tale *tale)
{
	if (tale->trouble->error == ENOENT)
		tale_tell(tale, NULL, "there is no process or mount namespace '%s', or no /proc",
			  tale->trouble->name);
	else
		TALE_ERROR(tale,
			   tale->trouble->error == EPERM
				   ? "needs CAP_SYS_ADMIN and CAP_SYS_CHROOT in its user namespace"
				   : NULL,
			   "the mount namespace of '%s' cannot be entered", tale->trouble->name);
}

static void
tell_map(struct tale *tale)
{
	const struct trouble *trouble = tale->trouble;

	if (trouble->stage == TROUBLE_MAP && trouble->error == EINVAL)
		tale_tell(tale, NULL, "%s does not know other owners for its files",
			  tale->wish->type ? tale->wish->type : "the file system");
	else if (trouble->stage == TROUBLE_MAP)
		TALE_ERROR(tale, NULL, "its files cannot have other owners");
	else if (trouble->error == EINVAL)
		tale_tell(tale, "u:ON_DISK:SEEN:COUNT, with u, g or neither",
			  "'%s' is no map of owners, or parts of it overlap", trouble->name);
	else
		TALE_ERROR(tale, NULL, "there can be no user namespace with the map '%s'",
			   trouble->name);
}

/* The stages at which the file system has its say. */
static void
tell_file_system(struct tale *tale)
{
	switch (tale->trouble->stage) {
	case TROUBLE_TYPE:
		tell_type(tale);
		break;
	case TROUBLE_OPTION:
		tell_option(tale);
		break;
	case TROUBLE_SOURCE:
		TALE_ERROR(tale, NULL, "%s does not take '%s' as its source", tale->wish->type,
			   tale_source(tale->wish));
		break;
	case TROUBLE_CREATE:
		tell_create(tale);
		break;
	default:
		tell_change(tale);
	}
}

/* The stages that are about places. */
static void
tell_place(struct tale *tale)
{
	switch (tale->trouble->stage) {
	case TROUBLE_TARGET:
		tale_target(tale);
		break;
	case TROUBLE_COPY:
		tale_copy(tale);
		break;
	case TROUBLE_MOVE:
		tale_move(tale);
		break;
	case TROUBLE_SHARED:
		tale_tell(
			tale, "make that one private or a slave: mount --make-slave",
			"the target is in a shared mount, in whose copies mount(2) would not make it "
			"read-only, nosuid and so on, and newer calls are not to be had");
		break;
	case TROUBLE_PLACE:
	default:
		tale_place(tale);
	}
}

static void
tell_stage(struct tale *tale)
{
	const struct trouble *trouble = tale->trouble;

	switch (trouble->stage) {
	case TROUBLE_NAMESPACE:
		tell_namespace(tale);
		break;
	case TROUBLE_MAPS:
	case TROUBLE_MAP:
		tell_map(tale);
		break;
	case TROUBLE_PART:
		TALE_ERROR(tale, NULL, "there is no part '%s' of it that could be mounted",
			   trouble->name);
		break;
	case TROUBLE_OWNER:
		if (trouble->name)
			tale_tell(tale, "use the number",
				  "/etc/passwd and /etc/group do not know '%s'", trouble->name);
		else
			TALE_ERROR(tale, NULL, "its owner or mode cannot be set");
		break;
	case TROUBLE_TYPE:
	case TROUBLE_OPTION:
	case TROUBLE_SOURCE:
	case TROUBLE_CREATE:
	case TROUBLE_CHANGE:
		tell_file_system(tale);
		break;
	case TROUBLE_ATTRIBUTES:
		tell_attributes(tale);
		break;
	case TROUBLE_TARGET:
	case TROUBLE_COPY:
	case TROUBLE_PLACE:
	case TROUBLE_MOVE:
	case TROUBLE_SHARED:
		tell_place(tale);
		break;
	case TROUBLE_PICK:
		if (trouble->error == EINVAL)
			tale_tell(tale, "mountpoint tells", "nothing is mounted there");
		else
			TALE_ERROR(tale, NULL, "what is mounted there cannot be looked at");
		break;
	case TROUBLE_PROPAGATION:
		if (trouble->error == EINVAL && !tale_is_mount(tale->wish->target))
			tale_tell(tale, "bind it on itself first", "nothing is mounted there");
		else
			TALE_ERROR(tale, NULL, "its propagation cannot be set");
		break;
	case TROUBLE_CALL:
		tell_call(tale);
		break;
	case TROUBLE_VERIFY:
		TALE_ERROR(tale, "something lies over it",
			   "the mount '%s' below cannot be reached, and would stay as it is",
			   trouble->name ? trouble->name : "?");
		break;
	default:
		TALE_ERROR(tale, NULL, "it failed");
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

	if (trouble->error == EPERM && trouble->stage != TROUBLE_NAMESPACE
	    && trouble->stage != TROUBLE_MAPS && trouble->stage != TROUBLE_OWNER)
		tale_forbidden(&tale);
	else
		tell_stage(&tale);
	buffer_add(text, tale.what.data, tale.what.length);
	if (!tale.is_whole)
		buffer_print(text, ": %s", strerror(trouble->error));
	if (said.length)
		add_said(text, wish->type, trouble);
	else if (kernel.length)
		buffer_print(text, "; kernel log: %.*s", (int)kernel.length, kernel.data);
	if (trouble->error == ENOSYS)
		tale.hint =
			"--beneath, --exclusive, --into, X-mount.idmap and X-mount.subdir need a newer "
			"kernel, and no filter in its way";
	if (tale.hint)
		buffer_print(text, " (%s)", tale.hint);
	buffer_done(&tale.what);
}
