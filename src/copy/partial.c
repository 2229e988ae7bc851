/* SPDX-License-Identifier: MIT */
#include "copy/partial.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "copy/temporary.h"
#include "hash.h"

enum { TRIES = 100 }; /* to open what others take away */

/* Whether the partial copy FD is a file of this user, who alone can write it. */
static bool
is_ours(const struct stat *status)
{
	return S_ISREG(status->st_mode) && status->st_uid == geteuid() && status->st_nlink == 1
	       && !(status->st_mode & 022);
}

/* What a process that was killed has in flight keeps its lock for a moment. */
static int
lock(int fd)
{
	struct timespec moment = { .tv_nsec = 10000000 };
	int result = flock(fd, LOCK_EX | LOCK_NB);

	for (int i = 0; i < 100 && result < 0 && errno == EWOULDBLOCK; i++) {
		nanosleep(&moment, NULL);
		result = flock(fd, LOCK_EX | LOCK_NB);
	}
	return result;
}

static const char part_mark[] = ".butter-part";

bool
partial_is_name(const char *name)
{
	size_t size = strlen(name), mark = strlen(part_mark);

	return *name == '.' && size > mark + 1 && !strcmp(name + size - mark, part_mark);
}

/* .NAME.butter-part; of a long NAME its begin and a number. */
static void
make_part_name(struct target *target)
{
	size_t size = strlen(target->name), room = NAME_MAX - 1 - strlen(part_mark);
	char number[20] = "";

	if (size > room) {
		snprintf(number, sizeof(number), "-%016" PRIx64,
			 hash_text(HASH_SEED, target->name));
		room -= strlen(number);
	}
	snprintf(target->temporary, sizeof(target->temporary), ".%.*s%s%s", (int)room, target->name,
		 number, part_mark);
}

/* Whether what has STATUS has NAME in FOLDER. */
static bool
is_at(int folder, const char *name, const struct stat *status)
{
	struct stat there;

	return fstatat(folder, name, &there, AT_SYMLINK_NOFOLLOW) == 0
	       && place_is_same(status, &there);
}

/* Whether FD, whose STATUS that is, still has the temporary name. */
static bool
has_name(const struct target *target, const struct stat *status)
{
	return is_at(target->folder, target->temporary, status);
}

/* Why it cannot be opened, errno. */
static int
bar_part(struct target *target)
{
	int error = errno;
	struct stat there;
	bool is_there =
		fstatat(target->folder, target->temporary, &there, AT_SYMLINK_NOFOLLOW) == 0;

	if (error == ELOOP || error == EISDIR || (is_there && (error == EACCES || error == EPERM)))
		return target_bar(target, TARGET_PART_IS_ANOTHERS);
	if (target->exists && (error == EACCES || error == EPERM))
		return target_bar(target, TARGET_IS_SHUT);
	errno = error;
	return -1;
}

/* Opens it, which may be there already. *IS_GONE: it has got its name just now. */
static int
open_lockable(struct target *target, bool *is_gone)
{
	int fd = openat(target->folder, target->temporary,
			O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	struct stat status;
	int error;

	*is_gone = false;
	if (fd < 0)
		return bar_part(target);
	if (fstat(fd, &status) < 0) {
		error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	if (!is_ours(&status) && has_name(target, &status))
		target_bar(target, TARGET_PART_IS_ANOTHERS);
	else if (lock(fd) < 0 && errno == EWOULDBLOCK)
		target_bar(target, TARGET_PART_IS_BUSY);
	else if (!has_name(target, &status) || fstat(fd, &status) < 0 || !is_ours(&status))
		*is_gone = true; /* or it is another's, and had no name for a moment */
	else
		return fd;
	close(fd);
	errno = EEXIST;
	return -1;
}

bool
partial_is_there(struct target *target)
{
	struct stat there;
	bool has;

	make_part_name(target);
	has = fstatat(target->folder, target->temporary, &there, AT_SYMLINK_NOFOLLOW) == 0;
	*target->temporary = '\0';
	return has;
}

int
partial_open(struct target *target)
{
	bool is_gone = true;

	make_part_name(target);
	target->is_made = target->is_part = true;
	for (int i = 0; i < TRIES && is_gone; i++)
		target->fd = open_lockable(target, &is_gone);
	if (is_gone)
		return target_bar(target, TARGET_PART_IS_BUSY);
	return target->fd < 0 ? -1 : 0;
}

struct part_entry {
	char name[NAME_MAX + 1];
	int fd;
};

/* What has the part's name becomes NAME, if that is the part; else it stays: somebody has put it there. */
static int
rename_part(int folder, const char *name, void *context)
{
	const struct part_entry *part = context;
	struct stat status;

	if (temporary_rename_entry(folder, part->name, name, true) < 0)
		return -1;
	if (fstat(part->fd, &status) == 0 && is_at(folder, name, &status))
		return 0;
	temporary_rename_entry(folder, name, part->name, true);
	errno = ENOENT;
	return -1;
}

int
partial_rename(struct target *target)
{
	struct part_entry part = { .fd = target->fd };

	memcpy(part.name, target->temporary, sizeof(part.name));
	if (temporary_make(target, rename_part, &part) == 0) {
		target->is_part = false;
		target->was_part = true;
		return 0;
	}
	memcpy(target->temporary, part.name, sizeof(part.name));
	return errno == ENOENT ? target_bar(target, TARGET_PART_IS_GONE) : -1;
}
