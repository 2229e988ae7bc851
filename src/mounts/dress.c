/* SPDX-License-Identifier: MIT */
#include "mounts/dress.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "kernel/entry.h"
#include "kernel/mount.h"
#include "kernel/mountfd.h"
#include "kernel/namespace.h"
#include "kernel/openat.h"
#include "kernel/proc.h"
#include "mounts/idmap.h"
#include "process/identity.h"

bool
dress_needs_newer(const struct words *words)
{
	return words->idmap || words->subdir;
}

/* ---- a part of it ---- */

/*
 * A copy of PART, which is open in the mount FD. Before Linux 6.15 what is mounted nowhere cannot be
 * copied: so it is, for a moment, in a mount namespace that nobody else is in.
 */
static int
copy_elsewhere(int fd, int part, bool recursive)
{
	int here = proc_open("self/ns/mnt", O_RDONLY);
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int folder = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int place = -1, copy = -1, error;

	if (here >= 0 && root >= 0 && folder >= 0 && namespace_new_mounts() == 0) {
		if (mount_propagate("/", MOUNT_PRIVATE) == 0)
			place = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (place >= 0 && mountfd_place(fd, place, false) == 0)
			copy = mountfd_clone(part, "", recursive);
		error = errno;
		if (namespace_enter_mounts(here) < 0 || fchdir(root) < 0 || mount_chroot(".") < 0
		    || fchdir(folder) < 0) {
			error = errno;
			file_close(copy);
			copy = -1;
		}
		errno = error;
	}
	file_close(place);
	file_close(folder);
	file_close(root);
	file_close(here);
	return copy;
}

/* It is looked up as if the mount were the root: a link on a disk does not lead out of that. */
static int
take_part(const struct words *words, int fd, struct trouble *trouble)
{
	const char *path = words->subdir + strspn(words->subdir, "/");
	bool recursive = words->operation == WORDS_BIND && words->is_recursive;
	int part, copy = -1;

	if (!*path)
		return fd;
	part = openat_part(fd, path);
	if (part >= 0)
		copy = mountfd_clone(part, "", recursive);
	if (part >= 0 && copy < 0 && errno == EINVAL)
		copy = copy_elsewhere(fd, part, recursive);
	if (copy < 0)
		trouble_at(trouble, TROUBLE_PART, words->subdir);
	file_close(part);
	file_close(fd);
	return copy;
}

/* ---- owners ---- */

static int
map(const struct words *words, int fd, struct trouble *trouble)
{
	int namespace = idmap_open(words->idmap), result;

	if (namespace < 0)
		return trouble_at(trouble, TROUBLE_MAPS, words->idmap);
	result = mountfd_map(fd, namespace, true);
	if (result < 0)
		trouble_at(trouble, TROUBLE_MAP, words->idmap);
	file_close(namespace);
	return result;
}

static int
set_owner(const struct words *words, int fd, struct trouble *trouble)
{
	uid_t user = (uid_t)-1;
	gid_t group = (gid_t)-1;

	if (words->owner && identity_find_user(words->owner, &user) < 0)
		return trouble_at(trouble, TROUBLE_OWNER, words->owner);
	if (words->group && identity_find_group(words->group, &group) < 0)
		return trouble_at(trouble, TROUBLE_OWNER, words->group);
	if (fchownat(fd, "", user, group, AT_EMPTY_PATH) < 0)
		return trouble_at(trouble, TROUBLE_OWNER, NULL);
	return 0;
}

/* FD is open as a path: before Linux 6.6 the folder has to be opened for that. */
static int
set_mode(mode_t mode, int fd, struct trouble *trouble)
{
	int result = entry_chmod(fd, mode), folder;

	if (result < 0 && errno == ENOSYS) {
		folder = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		result = folder < 0 ? -1 : fchmod(folder, mode);
		file_close(folder);
	}
	return result < 0 ? trouble_at(trouble, TROUBLE_OWNER, NULL) : 0;
}

/* What of PATH is to be bound, open as a path. */
static int
open_source(const struct words *words, const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC), part;
	const char *subdir = words->subdir ? words->subdir + strspn(words->subdir, "/") : "";

	if (fd < 0 || !*subdir)
		return fd;
	part = openat_part(fd, subdir);
	close(fd);
	return part;
}

static bool
has_owner(const struct words *words)
{
	return words->owner || words->group || words->has_mode;
}

/* Takes FD, which may be -1. */
static void
remember(struct dress_before *before, int fd)
{
	struct stat status;

	if (fd >= 0 && fstat(fd, &status) == 0) {
		*before = (struct dress_before){ fd, status.st_uid, status.st_gid, status.st_mode };
		return;
	}
	file_close(fd);
	before->fd = -1;
}

void
dress_remember(struct dress_before *before, const struct attach *wish)
{
	const struct words *words = wish->words;

	*before = (struct dress_before){ .fd = -1 };
	if (words->operation == WORDS_BIND && wish->source && has_owner(words))
		remember(before, open_source(words, wish->source));
}

void
dress_end(struct dress_before *before, bool failed)
{
	struct trouble ignored = { 0 };
	int error = errno;
	struct stat now;

	if (before->fd >= 0 && failed && fstat(before->fd, &now) == 0) {
		bool is_other = now.st_uid != before->user || now.st_gid != before->group;

		if (is_other)
			is_other =
				fchownat(before->fd, "", before->user, before->group, AT_EMPTY_PATH)
				== 0;
		/* A new owner takes bits of the mode away. */
		if (is_other || now.st_mode != before->mode)
			set_mode(before->mode & 07777, before->fd, &ignored);
	}
	trouble_done(&ignored);
	file_close(before->fd);
	errno = error;
}

int
dress(const struct attach *wish, int fd, struct trouble *trouble)
{
	const struct words *words = wish->words;
	bool is_mapped;

	if (words->subdir)
		fd = take_part(words, fd, trouble);
	if (fd < 0)
		return -1;
	is_mapped = !words->idmap || map(words, fd, trouble) == 0;
	if (is_mapped && has_owner(words) && wish->before->fd < 0)
		remember(wish->before, fcntl(fd, F_DUPFD_CLOEXEC, 0));
	if (!is_mapped || ((words->owner || words->group) && set_owner(words, fd, trouble) < 0)
	    || (words->has_mode && set_mode((mode_t)words->mode, fd, trouble) < 0)) {
		file_close(fd);
		return -1;
	}
	return fd;
}
