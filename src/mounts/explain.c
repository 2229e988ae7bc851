/* SPDX-License-Identifier: MIT */
#include "mounts/explain.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "kernel/capability.h"
#include "kernel/filesystem.h"
#include "mounts/creation.h"
#include "mounts/tale.h"

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

static void
tell_option(struct tale *tale)
{
	const struct trouble *trouble = tale->trouble;
	const char *type = tale->wish->type ? tale->wish->type : "the file system";
	const char *value = words_value(tale->wish->words, trouble->name);

	if (trouble->error == ENOENT && value && !strcmp(type, "overlay"))
		tale_folder(tale, trouble->name, value);
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
		creation_tell(tale);
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

/* The map could not be made. */
static void
tell_maps(struct tale *tale)
{
	const struct trouble *trouble = tale->trouble;
	bool is_path = trouble->name[0] == '/';

	if (trouble->error == EINVAL && is_path)
		tale_tell(tale, "/proc/PID/ns/user is one", "'%s' is no user namespace",
			  trouble->name);
	else if (trouble->error == EINVAL)
		tale_tell(tale, "u:ON_DISK:SEEN:COUNT, with u, g or neither",
			  "'%s' is no map of owners, or parts of it overlap", trouble->name);
	else if (trouble->error == ENOENT && is_path)
		tale_tell(tale, NULL, "there is no '%s'", trouble->name);
	else
		TALE_ERROR(tale, trouble->error == ENOENT ? "mount /proc" : NULL,
			   "there can be no user namespace with the map '%s'", trouble->name);
}

/* It could not be given to the mount. */
static void
tell_map(struct tale *tale)
{
	const struct trouble *trouble = tale->trouble;

	if (trouble->error == EINVAL)
		tale_tell(tale, NULL, "%s does not know other owners for its files",
			  tale->wish->type ? tale->wish->type : "the file system");
	else if (trouble->error == EPERM && trouble->name[0] == '/')
		tale_tell(
			tale, NULL,
			"'%s' is the initial user namespace, or the mount has other owners already",
			trouble->name);
	else
		TALE_ERROR(tale, trouble->error == EPERM ? "the mount may have some already" : NULL,
			   "its files cannot have other owners");
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
		creation_tell(tale);
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
			"read-only, nosuid and so on, newer calls are not to be had, and no folder can "
			"be made in /run, /tmp and / to prepare it in");
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
		tell_maps(tale);
		break;
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
			TALE_ERROR(tale,
				   trouble->error == EINVAL
					   ? "this user namespace has no such user or group"
					   : NULL,
				   "its owner or mode cannot be set");
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

/* Whether EPERM there has reasons of its own; for who may not mount at all, that is it first. */
static bool
is_of_stage(enum trouble_stage stage)
{
	switch (stage) {
	case TROUBLE_NAMESPACE:
	case TROUBLE_MAPS:
	case TROUBLE_OWNER:
		return true;
	case TROUBLE_TARGET:
	case TROUBLE_MAP:
		return capability_have(CAP_SYS_ADMIN);
	default:
		return false;
	}
}

void
explain(const struct attach *wish, const struct trouble *trouble, struct buffer *text)
{
	struct tale tale = { .wish = wish, .trouble = trouble };
	struct buffer said = trouble->said, kernel = trouble->kernel;

	if (trouble->error == EPERM && !is_of_stage(trouble->stage))
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
