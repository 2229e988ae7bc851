/* SPDX-License-Identifier: MIT */
#include "copy/target.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kernel/compat.h"

enum {
	OPEN_MOST = 64, /* at once: one for each thread */
	TRIES = 100,    /* of names that others may have */
	SUFFIX = 8,     /* letters and digits of a name that nobody has */
};

/* Those that would have to be removed; NULL: a free place. */
static struct target *volatile unfinished[OPEN_MOST];

static void
remember(struct target *target)
{
	for (int i = 0; i < OPEN_MOST; i++) {
		struct target *none = NULL;

		if (__atomic_compare_exchange_n(&unfinished[i], &none, target, false,
						__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return;
	}
}

static void
forget(const struct target *target)
{
	for (int i = 0; i < OPEN_MOST; i++)
		if (unfinished[i] == target)
			__atomic_store_n(&unfinished[i], NULL, __ATOMIC_SEQ_CST);
}

void
target_abandon_all(void)
{
	for (int i = 0; i < OPEN_MOST; i++) {
		const struct target *target = unfinished[i];

		if (target && *target->temporary)
			unlinkat(target->folder, target->temporary, 0);
	}
}

/* ---- opening ---- */

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
bar(struct target *target, enum target_bar why)
{
	target->bar = why;
	errno = EEXIST;
	return -1;
}

/* .NAME.butter-XXXXXXXX, of NAME as much as there is room for. */
static void
make_name(struct target *target)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789", mark[] = ".butter-";
	int room = NAME_MAX - 1 - (int)strlen(mark) - SUFFIX;
	int length = snprintf(target->temporary, sizeof(target->temporary), ".%.*s%s", room,
			      target->name, mark);
	unsigned char random[SUFFIX];

	arc4random_buf(random, sizeof(random));
	for (int i = 0; i < SUFFIX; i++)
		target->temporary[length++] = letters[random[i] % (sizeof(letters) - 1)];
	target->temporary[length] = '\0';
}

/* Makes a file under a name that nobody has. */
static int
open_temporary(struct target *target, mode_t mode)
{
	for (int i = 0; i < TRIES && target->fd < 0; i++) {
		make_name(target);
		remember(target);
		target->fd = openat(target->folder, target->temporary,
				    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);
		if (target->fd >= 0)
			return 0;
		forget(target);
		if (errno != EEXIST)
			break;
	}
	*target->temporary = '\0';
	if (target->exists && (errno == EACCES || errno == EPERM || errno == EROFS))
		return bar(target, TARGET_IS_SHUT);
	return -1;
}

static int
open_in_place(struct target *target, mode_t mode)
{
	/* Emptied later, when it is known not to be the source. */
	target->fd = openat(target->folder, target->name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY,
			    mode);
	return target->fd < 0 || fstat(target->fd, &target->status) < 0 ? -1 : 0;
}

/* A symbolic link is, and not what it leads to: that may be anywhere by now. */
static bool
can_be_replaced(mode_t mode)
{
	return S_ISREG(mode) || S_ISLNK(mode);
}

int
target_open(struct target *target, int folder, const char *name, mode_t mode, bool in_place)
{
	*target = (struct target){ .folder = folder, .name = name, .fd = -1 };
	target->exists = fstatat(folder, name, &target->status, AT_SYMLINK_NOFOLLOW) == 0;
	if (!target->exists && errno != ENOENT)
		return -1;
	if (in_place || (target->exists && !can_be_replaced(target->status.st_mode)))
		return open_in_place(target, mode);
	if (target->exists && target->status.st_nlink > 1)
		return bar(target, TARGET_HAS_LINKS);
	if (target->exists && is_mounted(target))
		return bar(target, TARGET_IS_MOUNTED);
	return open_temporary(target, mode);
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

int
target_finish(struct target *target, bool sync)
{
	int result = sync ? fsync(target->fd) : 0, error = errno;

	if (close(target->fd) < 0 && result == 0 && errno != EINTR) {
		result = -1;
		error = errno;
	}
	target->fd = -1;
	if (result == 0 && *target->temporary) {
		result = renameat(target->folder, target->temporary, target->folder, target->name);
		error = errno;
	}
	if (result == 0)
		forget(target);
	else
		target_abandon(target);
	if (result == 0 && sync) {
		result = sync_folder(target);
		error = errno;
	}
	errno = error;
	return result;
}

void
target_abandon(struct target *target)
{
	int error = errno;

	if (target->fd >= 0)
		close(target->fd);
	target->fd = -1;
	if (*target->temporary)
		unlinkat(target->folder, target->temporary, 0);
	forget(target);
	errno = error;
}
