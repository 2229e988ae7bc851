/* SPDX-License-Identifier: MIT */
#include "mounts/creation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mounts/layers.h"
#include "mounts/signature.h"

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
			tale_folder(tale, keys[i], value);
			return;
		}
	}
	if (wish->source && stat(wish->source, &status) < 0)
		tale_tell(tale, wish->source[0] == '/' ? "lsblk lists the disks" : NULL,
			  "there is no device '%s'", wish->source);
	else
		TALE_ERROR(tale, NULL, "%s does not find something that it needs", wish->type);
}

/* What is at the source; 0: nothing. */
static mode_t
kind_of_source(const struct attach *wish)
{
	struct stat status;

	return wish->source && stat(wish->source, &status) == 0 ? status.st_mode & S_IFMT : 0;
}

/* Whether what has been heard is about an option, and not about what is on the disk. */
static bool
is_about_option(const struct trouble *trouble)
{
	static const char *const words[] = { "parameter", "value", "option", "mount opt" };
	struct buffer heard = trouble->said.length ? trouble->said : trouble->kernel;

	for (size_t i = 0; heard.length && i < sizeof(words) / sizeof(*words); i++)
		if (memmem(heard.data, heard.length, words[i], strlen(words[i])))
			return true;
	return false;
}

/* Whether TYPE can be what is on a disk as FOUND: ext4 mounts ext2 and ext3, too. */
static bool
is_type(const char *type, const char *found)
{
	return !strcmp(type, found) || (!strncmp(type, "ext", 3) && !strncmp(found, "ext", 3));
}

/* EINVAL for a disk: what is on it, if not what was said? */
static void
tell_disk(struct tale *tale)
{
	const struct attach *wish = tale->wish;
	int fd = open(wish->source, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct signature found;
	bool is_known = fd >= 0 && signature_read(fd, 0, 0, &found) == SIGNATURE_ONE;

	if (is_known && is_type(wish->type, found.type))
		TALE_ERROR(tale, "an option may be wrong, or something is broken: fsck may mend it",
			   "%s is on '%s', but cannot be mounted so", found.type, wish->source);
	else if (is_known)
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

/* Whether TYPE is made by a program alone, which is missing then. */
static bool
needs_program(const char *type)
{
	static const char *const types[] = { "fuse", "fuseblk", "nfs", "nfs4", "cifs", "smb3" };
	size_t length = strcspn(type, ".");

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++)
		if (strlen(types[i]) == length && !strncmp(type, types[i], length))
			return true;
	return false;
}

static void
tell_invalid(struct tale *tale)
{
	const struct trouble *trouble = tale->trouble;
	bool has_heard = trouble->said.length || trouble->kernel.length;

	if (needs_program(tale->wish->type) && !has_heard)
		tale_tell(tale, "install it",
			  "%s needs its program, /sbin/mount.%.*s, for these options",
			  tale->wish->type, (int)strcspn(tale->wish->type, "."), tale->wish->type);
	else if (kind_of_source(tale->wish) == S_IFBLK && !is_about_option(trouble))
		tell_disk(tale);
	else
		TALE_ERROR(tale, has_heard ? NULL : "one of the options may be wrong, or missing",
			   "%s cannot be made with these options", tale->wish->type);
}

/* ENOTBLK */
static void
tell_no_disk(struct tale *tale)
{
	const struct attach *wish = tale->wish;
	const char *source = tale_source(wish);

	switch (kind_of_source(wish)) {
	case S_IFDIR:
		tale_tell(tale, "--bind shows it at TARGET, too", "'%s' is a folder, and no disk",
			  source);
		break;
	case S_IFREG:
		tale_tell(tale,
			  wish->words->no_loop ? "without X-mount.noloop it gets a loop device"
					       : "a file needs a loop device: -o loop",
			  "'%s' is a file, and no disk", source);
		break;
	default:
		tale_tell(tale, "lsblk lists the disks", "'%s' is no disk", source);
	}
}

void
creation_tell(struct tale *tale)
{
	const struct attach *wish = tale->wish;
	bool is_disk = kind_of_source(wish) == S_IFBLK;

	switch (tale->trouble->error) {
	case ENOENT:
		tell_missing(tale);
		break;
	case ENOTBLK:
		tell_no_disk(tale);
		break;
	case EINVAL:
		tell_invalid(tale);
		break;
	case EROFS:
	case EACCES:
		TALE_ERROR(tale, is_disk ? "mount it read-only: -r" : NULL,
			   is_disk ? "'%s' is write-protected" : "'%s' cannot be used",
			   tale_source(wish));
		break;
	case EBUSY:
		TALE_ERROR(tale,
			   wish->exclusive ? "--exclusive takes none that is mounted"
					   : "findmnt or lsblk may tell by whom",
			   "'%s' is in use already", tale_source(wish));
		break;
	case E2BIG:
		tale_tell(tale, "use fewer or shorter ones",
			  "the options are more than mount(2) takes, 4095 bytes");
		break;
	case EUCLEAN:
	case EBADMSG:
	case EIO:
		TALE_ERROR(tale, "the disk or what is on it may be broken: look at dmesg, run fsck",
			   "'%s' cannot be read as %s", tale_source(wish), wish->type);
		break;
	case ENXIO:
	case ENOMEDIUM:
		TALE_ERROR(tale, "insert one", "there is no disk in '%s'", tale_source(wish));
		break;
	default:
		TALE_ERROR(tale,
			   wish->exclusive && tale->trouble->error == EOPNOTSUPP
				   ? "--exclusive needs Linux 6.6"
				   : NULL,
			   "%s cannot be made", wish->type);
	}
}
