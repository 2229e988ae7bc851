/* SPDX-License-Identifier: MIT */
#include "copy/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "copy/partial.h"
#include "copy/temporary.h"
#include "copy/unfinished.h"
#include "kernel/compat.h"
#include "memory.h"

/* ---- opening ---- */

int
target_bar(struct target *target, enum target_bar why)
{
	target->bar = why;
	errno = EEXIST;
	return -1;
}

/* The file FD, which a symbolic link has led to, has its own folder and name. */
static int
find_place(struct target *target, int fd)
{
	char link[32], *slash;
	struct stat there;
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	target->path = memory_get(PATH_MAX);
	target->folder = -1; /* from now on its own */
	length = readlink(link, target->path, PATH_MAX - 1);
	slash = length > 0 ? strrchr(target->path, '/') : NULL;
	if (!slash || fstat(fd, &target->status) < 0)
		return target_bar(target, TARGET_IS_LINK);
	*slash = '\0';
	target->name = slash + 1;
	target->folder =
		open(slash == target->path ? "/" : target->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (target->folder < 0
	    || fstatat(target->folder, target->name, &there, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (there.st_dev == target->status.st_dev && there.st_ino == target->status.st_ino)
		return 0;
	return target_bar(target, TARGET_IS_LINK);
}

static int
follow(struct target *target, const struct place *place)
{
	int fd = place_open_end(place, &target->status, O_PATH), result, error;

	if (fd < 0)
		return -1;
	result = find_place(target, fd);
	error = errno;
	close(fd);
	errno = error;
	return result;
}

/* The place of a link's end. */
static void
leave_place(struct target *target)
{
	int error = errno;

	if (target->path && target->folder >= 0)
		close(target->folder);
	free(target->path);
	target->path = NULL;
	errno = error;
}

static bool
is_mounted(const struct target *target)
{
	struct statx status;

	return statx(target->folder, target->name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
		     STATX_TYPE, &status)
		       == 0
	       && status.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

static int
make_file(int folder, const char *name, void *context)
{
	return openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
		      *(const mode_t *)context);
}

/* That there are no files without a name here has been found out. */
static volatile bool no_unnamed;

/* A file without a name, of which nothing is left however this process ends; -1: there is none. */
static int
open_unnamed(struct target *target, mode_t mode)
{
	if (no_unnamed)
		return -1;
	target->fd = openat(target->folder, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, mode);
	if (target->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
		no_unnamed = true;
	return target->fd < 0 ? -1 : 0;
}

static int
link_file(int folder, const char *name, void *context)
{
	int fd = *(const int *)context;
	char path[32];

	/* Without CAP_DAC_READ_SEARCH, before Linux 6.10, only by /proc. */
	if (linkat(fd, "", folder, name, AT_EMPTY_PATH) == 0)
		return 0;
	if (errno != ENOENT && errno != EPERM && errno != EINVAL && errno != ENOSYS)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, folder, name, AT_SYMLINK_FOLLOW);
}

/* Gives the file without a name its own. */
static int
link_it(struct target *target, bool only_new)
{
	if (link_file(target->folder, target->name, &target->fd) == 0)
		return 0;
	/* What has come there meanwhile is replaced. */
	if (errno == EEXIST && !only_new) {
		if (temporary_make(target, link_file, &target->fd) < 0)
			return -1;
		return temporary_become(target, false);
	}
	if (errno == ENOENT || errno == EPERM || errno == ENOSYS || errno == EXDEV
	    || errno == EOPNOTSUPP)
		target->is_nameless = no_unnamed = true;
	return -1;
}

static int
open_temporary(struct target *target, mode_t mode, enum target_way way)
{
	target->is_made = true;
	mode = target->exists ? 0600 : mode;
	if (!target->exists && way == TARGET_ANEW && open_unnamed(target, mode) == 0)
		return 0;
	target->fd = temporary_make(target, make_file, &mode);
	if (target->fd >= 0)
		return 0;
	if (target->exists && (errno == EACCES || errno == EPERM))
		return target_bar(target, TARGET_IS_SHUT);
	return -1;
}

static int
open_in_place(struct target *target, mode_t mode)
{
	/* Emptied later, when it is known not to be the source. */
	int flags = O_NOCTTY | (target->exists ? 0 : O_CREAT | O_EXCL)
		    | (S_ISLNK(target->status.st_mode) ? 0 : O_NOFOLLOW);

	/* To be read back, if that is allowed; a FIFO opened so would never be without a reader. */
	if (!target->exists || S_ISREG(target->status.st_mode) || S_ISBLK(target->status.st_mode))
		target->fd = openat(target->folder, target->name, O_RDWR | O_CLOEXEC | flags, mode);
	if (target->fd < 0)
		target->fd =
			openat(target->folder, target->name, O_WRONLY | O_CLOEXEC | flags, mode);
	if (target->fd < 0)
		return -1;
	/* Of a link that the user has named, the kernel has found the end. */
	if (target->exists && !S_ISLNK(target->status.st_mode)
	    && place_check(target->fd, &target->status) < 0)
		return -1;
	return fstat(target->fd, &target->status);
}

static bool
is_no_name(const char *name)
{
	return !*name || !strcmp(name, ".") || !strcmp(name, "..");
}

static int
open_it(struct target *target, mode_t mode, enum target_way way, bool unlinks)
{
	bool is_shared =
		target->exists && S_ISREG(target->status.st_mode) && target->status.st_nlink > 1;

	if ((way == TARGET_IN_PLACE && !(is_shared && unlinks))
	    || (target->exists && !S_ISREG(target->status.st_mode)))
		return open_in_place(target, mode);
	if (is_shared && !unlinks)
		return target_bar(target, TARGET_HAS_LINKS);
	if (target->exists && is_mounted(target))
		return target_bar(target, TARGET_IS_MOUNTED);
	if (way == TARGET_PART_THAT_IS)
		way = partial_is_there(target) ? TARGET_PART : TARGET_ANEW;
	return way == TARGET_PART ? partial_open(target) : open_temporary(target, mode, way);
}

int
target_open(struct target *target, const struct place *place, mode_t mode, enum target_way way,
	    bool unlinks)
{
	int state;

	*target = (struct target){ .folder = place->folder,
				   .name = place->name,
				   .fd = -1,
				   .tells_late = place->tells_late,
				   .is_synced = place->is_synced };
	if (is_no_name(place->name)) {
		errno = *place->name ? EISDIR : ENOENT;
		return -1;
	}
	state = place_look(place, &target->status);
	if (state < 0)
		return -1;
	target->exists = state == PLACE_IS_TAKEN;
	if ((state == PLACE_IS_FOREIGN && way == TARGET_IN_PLACE)
	    || (place->is_new && way == TARGET_PART_THAT_IS))
		way = TARGET_ANEW;
	if (target->exists && S_ISLNK(target->status.st_mode)
	    && (way != TARGET_IN_PLACE || place->links != PLACE_FOLLOWS)
	    && follow(target, place) < 0)
		return -1;
	return open_it(target, mode, way, unlinks);
}

/* ---- finishing ---- */

static int
sync_folder(const struct target *target)
{
	int fd = openat(target->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), result, error;

	if (fd < 0)
		return -1;
	result = fsync(fd);
	error = errno;
	close(fd);
	errno = error;
	return result;
}

/* Of devices that keep nothing, and pipes, there is nothing to wait for. */
static int
sync_file(int fd)
{
	return fsync(fd) < 0 && errno != EINVAL && errno != EROFS ? -1 : 0;
}

/* Does what close(2) does, and tells what that tells: it comes too late for what has its name. */
static int
flush(int fd)
{
	int other = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return other < 0 || (close(other) < 0 && errno != EINTR) ? -1 : 0;
}

static int
close_it(struct target *target)
{
	int result = close(target->fd);

	target->fd = -1;
	return result < 0 && errno != EINTR ? -1 : 0;
}

static int
finish_unnamed(struct target *target, bool only_new)
{
	return target->tells_late && flush(target->fd) < 0 ? -1 : link_it(target, only_new);
}

static int
finish_named(struct target *target, bool only_new)
{
	/* What was a part has been flushed, and is to be synchronized yet. */
	if (!target->was_part && close_it(target) < 0)
		return -1;
	return *target->temporary ? temporary_become(target, only_new) : 0;
}

/* It has its name. */
static int
sync_name(struct target *target)
{
	/* Of what was a part the content was there before. */
	if (target->was_part && sync_file(target->fd) < 0)
		return -1;
	/* Where a link has led to another folder, nobody else waits for that. */
	return target->is_synced && !target->path ? 0 : sync_folder(target);
}

int
target_take(struct target *target)
{
	return target->tells_late && flush(target->fd) < 0 ? -1 : partial_rename(target);
}

int
target_finish(struct target *target, bool sync, bool only_new)
{
	bool is_unnamed = target->is_made && !*target->temporary;
	int result = 0, error;

	if ((sync && !target->was_part && sync_file(target->fd) < 0)
	    || (is_unnamed ? finish_unnamed : finish_named)(target, only_new) < 0) {
		unfinished_wait();
		target_abandon(target, false);
		return -1;
	}
	temporary_forget(target);
	if (sync && (target->is_made || !target->exists))
		result = sync_name(target) < 0;
	error = errno;
	if (target->fd >= 0)
		close_it(target);
	leave_place(target);
	errno = error;
	return result;
}

void
target_abandon(struct target *target, bool keeps_part)
{
	int error = errno;
	struct stat status;
	bool is_empty = target->fd >= 0 && !target->exists && !target->is_made
			&& fstat(target->fd, &status) == 0 && S_ISREG(status.st_mode)
			&& !status.st_size;

	/* Who waits for its lock sees that it has no name. */
	if (*target->temporary
	    && (!target->is_part || (!keeps_part && partial_rename(target) == 0)))
		unlinkat(target->folder, target->temporary, 0);
	/* What was made to be written in place, and was not. */
	if (is_empty)
		unlinkat(target->folder, target->name, 0);
	if (target->fd >= 0)
		close(target->fd);
	target->fd = -1;
	temporary_forget(target);
	leave_place(target);
	errno = error;
}

/* ---- what is no file ---- */

int
target_make(const struct place *place, bool only_new,
	    int (*make)(int folder, const char *name, void *context),
	    int (*complete)(int folder, const char *name, void *context), void *context)
{
	struct target target = { .folder = place->folder, .name = place->name, .fd = -1 };
	struct stat there;

	/* What has no content is there as a whole, at once. */
	if (!complete && make(place->folder, place->name, context) == 0)
		return 0;
	if (!complete && (errno != EEXIST || only_new))
		return -1;
	if (fstatat(place->folder, place->name, &there, AT_SYMLINK_NOFOLLOW) == 0
	    && S_ISDIR(there.st_mode)) {
		errno = EISDIR;
		return -1;
	}
	if (temporary_make(&target, make, context) < 0)
		return -1;
	if ((complete && complete(place->folder, target.temporary, context) < 0)
	    || temporary_become(&target, only_new) < 0) {
		unfinished_wait();
		target_abandon(&target, false);
		return -1;
	}
	/* Of two names of one file rename(2) removes none. */
	if (!complete)
		unlinkat(place->folder, target.temporary, 0);
	temporary_forget(&target);
	return 0;
}
