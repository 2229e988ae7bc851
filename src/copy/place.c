/* SPDX-License-Identifier: MIT */
#include "copy/place.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

/* What is there is not followed or written, but replaced. */
static bool
is_foreign(const struct place *place, const struct stat *status)
{
	mode_t mode = status->st_mode;

	if (place->links == PLACE_FOLLOWS)
		return false;
	if (S_ISLNK(mode))
		return place->links == PLACE_FOLLOWS_NONE || status->st_uid != geteuid();
	return !S_ISREG(mode) && !S_ISDIR(mode);
}

int
place_check(int fd, const struct stat *status)
{
	struct stat now;

	if (fstat(fd, &now) < 0)
		return -1;
	if (place_may_be_same(&now, status))
		return 0;
	errno = ESTALE;
	return -1;
}

/* Where the link that has STATUS, and is one's own, leads to: whatever has got its name meanwhile. */
static int
follow_own(const struct place *place, const struct stat *status, int flags)
{
	int fd = openat(place->folder, place->name, O_PATH | O_NOFOLLOW | O_CLOEXEC), end = -1,
	    error;
	char text[PATH_MAX];
	ssize_t length = -1;

	if (fd >= 0 && place_check(fd, status) == 0)
		length = readlinkat(fd, "", text, sizeof(text) - 1);
	if (length >= 0) {
		text[length] = '\0';
		end = openat(place->folder, text, flags | O_CLOEXEC);
	}
	error = errno;
	if (fd >= 0)
		close(fd);
	errno = error;
	return end;
}

int
place_open_end(const struct place *place, const struct stat *status, int flags)
{
	/* One that is named is for the kernel, which has rules for who may follow it. */
	return place->links == PLACE_FOLLOWS ? openat(place->folder, place->name, flags | O_CLOEXEC)
					     : follow_own(place, status, flags);
}

int
place_look(const struct place *place, struct stat *status)
{
	if (place->is_new)
		return PLACE_IS_FREE;
	if (fstatat(place->folder, place->name, status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? PLACE_IS_FREE : -1;
	return is_foreign(place, status) ? PLACE_IS_FOREIGN : PLACE_IS_TAKEN;
}

int
place_follow(const struct place *place, struct stat *status)
{
	int fd = place_open_end(place, status, O_PATH), result;

	if (fd < 0)
		return -1;
	result = fstat(fd, status);
	close(fd);
	return result;
}

int
place_open(const struct place *place, const struct stat *status)
{
	int flags = O_RDONLY | O_NONBLOCK | O_NOCTTY, fd, error;
	struct stat now;

	if (S_ISLNK(status->st_mode))
		fd = place_open_end(place, status, flags);
	else
		fd = openat(place->folder, place->name, flags | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -1;
	if ((S_ISLNK(status->st_mode) || place_check(fd, status) == 0) && fstat(fd, &now) == 0) {
		if (S_ISREG(now.st_mode))
			return fd;
		errno = ESTALE;
	}
	error = errno;
	close(fd);
	errno = error;
	return -1;
}
