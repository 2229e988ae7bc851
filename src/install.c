/* SPDX-License-Identifier: MIT */
#include "install.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/buffer.h"
#include "cli/say.h"

static const struct hint hints[] = {
	{ EACCES, "run as the folder's owner or root", 0 },
	{ EEXIST, "--force replaces it", 0 },
	{ EISDIR, "a folder is never replaced", 0 },
	{ ENOENT, "make the folder first", 0 },
	{ 0, NULL, 0 },
};

/* butter's own path, without symlinks; /proc may be missing at boot. */
static bool
own_path(char path[PATH_MAX])
{
	const char *started_as = (const char *)getauxval(AT_EXECFN);

	if (realpath("/proc/self/exe", path))
		return true;
	return started_as && realpath(started_as, path);
}

/* Both paths are absolute, without symlinks and dots. */
static void
add_relative(struct buffer *target, const char *folder, const char *path)
{
	size_t same = 0;

	/* What both have in common, up to a slash or the end of folder. */
	for (size_t i = 0;; i++) {
		bool ends = !folder[i] || folder[i] == '/';

		if (ends && path[i] == '/')
			same = i;
		if (!folder[i] || folder[i] != path[i])
			break;
	}
	for (const char *rest = folder + same; *rest; rest++)
		if (*rest == '/' && rest[1])
			buffer_text(target, "../");
	buffer_text(target, path + same + 1);
}

/* A symlink that takes the place of NAME in one step. */
static int
replace(int folder, const char *target, const char *name)
{
	struct buffer fresh = { 0 };
	int result = -1;

	buffer_print(&fresh, ".%s.%d", name, (int)getpid());
	if (symlinkat(target, folder, buffer_string(&fresh)) == 0) {
		result = renameat(folder, fresh.data, folder, name);
		if (result < 0) {
			int error = errno;

			unlinkat(folder, fresh.data, 0);
			errno = error;
		}
	}
	buffer_done(&fresh);
	return result;
}

/* Whether NAME leads to this very program, by whatever way. */
static bool
is_butter(int folder, const char *name, const char *butter)
{
	struct stat there, own;

	return fstatat(folder, name, &there, 0) == 0 && stat(butter, &own) == 0
	       && there.st_ino == own.st_ino && there.st_dev == own.st_dev;
}

static int
link_one(int folder, const char *butter, const char *target, const char *name, bool force)
{
	struct stat there;

	if (symlinkat(target, folder, name) == 0)
		return 0;
	if (errno != EEXIST)
		return -1;
	if (is_butter(folder, name, butter))
		return 0;
	if (force)
		return replace(folder, target, name);
	errno = fstatat(folder, name, &there, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(there.st_mode)
			? EISDIR
			: EEXIST;
	return -1;
}

int
install_links(const char *folder, int count, const char *const *names, bool force)
{
	char butter[PATH_MAX], real[PATH_MAX];
	struct buffer target = { 0 };
	int fd, status = 0;

	if (!own_path(butter))
		return fail(NULL, "cannot find butter's own path (mount proc on /proc)");
	if (!folder) {
		strcpy(real, butter);
		*strrchr(real, '/') = '\0';
		folder = real;
	} else if (!realpath(folder, real)) {
		return fail(hints, "cannot install into '%s'", folder);
	}
	fd = open(*real ? real : "/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return fail(hints, "cannot install into '%s'", folder);
	add_relative(&target, real, butter);
	buffer_string(&target);
	for (int i = 0; i < count; i++)
		if (link_one(fd, butter, target.data, names[i], force) < 0)
			status = fail(hints, "cannot make the link '%s/%s'", folder, names[i]);
	close(fd);
	buffer_done(&target);
	return status;
}
