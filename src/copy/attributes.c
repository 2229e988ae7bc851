/* SPDX-License-Identifier: MIT */
#include "copy/attributes.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "copy/part.h"
#include "kernel/entry.h"
#include "memory.h"

static const char access_list[] = "system.posix_acl_access",
		  default_list[] = "system.posix_acl_default";

/*
 * The file system has none, or not this one, or the user may not see or set it: there is nothing to
 * lose there.
 */
static bool
is_absent(int error)
{
	return error == ENODATA || error == EOPNOTSUPP || error == ENOSYS;
}

bool
attributes_are_inherited(int folder)
{
	return fgetxattr(folder, default_list, NULL, 0) >= 0 || !is_absent(errno);
}

/* ---- names of extended attributes ---- */

enum { USUAL = 1024 }; /* bytes of all names */

struct names {
	char usual[USUAL], *all;
	ssize_t size;
};

/* Where a file is: a descriptor, or -1 and a path: of a source to itself, of a target by a descriptor. */
struct object {
	int fd;
	const char *path;
};

static ssize_t
list(struct object object, char *space, size_t size)
{
	return object.fd < 0 ? llistxattr(object.path, space, size)
			     : flistxattr(object.fd, space, size);
}

/* -1 with errno; names_done in any case. */
static int
names_get(struct names *names, struct object object)
{
	names->all = names->usual;
	names->size = list(object, names->usual, sizeof(names->usual));
	if (names->size >= 0)
		return 0;
	if (errno == ERANGE) {
		names->all = memory_get(XATTR_LIST_MAX);
		names->size = list(object, names->all, XATTR_LIST_MAX);
	}
	if (names->size >= 0)
		return 0;
	names->size = 0;
	return is_absent(errno) ? 0 : -1;
}

static void
names_done(struct names *names)
{
	int error = errno;

	if (names->all != names->usual)
		free(names->all);
	errno = error;
}

static bool
names_have(const struct names *names, const char *name)
{
	for (ssize_t at = 0; at < names->size; at += (ssize_t)strlen(names->all + at) + 1)
		if (!strcmp(names->all + at, name))
			return true;
	return false;
}

/* ---- extended attributes ---- */

/* Those that say something of the content, or let it run with rights. */
static bool
is_trust(const char *name)
{
	return !strcmp(name, "security.capability") || !strcmp(name, "security.ima")
	       || !strcmp(name, "security.evm");
}

static bool
is_list(const char *name)
{
	return !strcmp(name, access_list) || !strcmp(name, default_list);
}

static ssize_t
get(struct object object, const char *name, void *value, size_t size)
{
	return object.fd < 0 ? lgetxattr(object.path, name, value, size)
			     : fgetxattr(object.fd, name, value, size);
}

static int
set(struct object object, const char *name, const void *value, size_t size)
{
	return object.fd < 0 ? setxattr(object.path, name, value, size, 0)
			     : fsetxattr(object.fd, name, value, size, 0);
}

/* One attribute: -1 with errno. */
static int
copy_one(struct object from, struct object to, const char *name)
{
	ssize_t size = get(from, name, NULL, 0);
	char *value = size > 0 ? memory_get((size_t)size) : NULL;
	int result, error;

	if (size > 0)
		size = get(from, name, value, (size_t)size);
	result = size < 0 ? (is_absent(errno) ? 0 : -1) : set(to, name, value, (size_t)size);
	/* As with the owner: who may not give rights gives none. */
	if (result < 0 && errno == EPERM && geteuid() && !strcmp(name, "security.capability"))
		result = 0;
	error = errno;
	free(value);
	errno = error;
	return result;
}

/* Those of WHAT, but for access control lists, which are a part of the mode. */
static int
copy_extended(const struct names *names, struct object from, struct object to, unsigned what)
{
	int result = 0, error = 0;

	for (ssize_t at = 0; at < names->size; at += (ssize_t)strlen(names->all + at) + 1) {
		const char *name = names->all + at;

		if (is_list(name) || !strcmp(name, part_name)
		    || !(what & (is_trust(name) ? ATTRIBUTES_TRUST : ATTRIBUTES_EXTENDED)))
			continue;
		if (copy_one(from, to, name) < 0) {
			result = -1;
			error = errno;
		}
	}
	errno = error;
	return result;
}

/* ---- owner, mode, times ---- */

/* TO may be open with O_PATH. */
static int
copy_owner(const struct stat *status, int to)
{
	int error;

	if (fchownat(to, "", status->st_uid, status->st_gid, AT_EMPTY_PATH) == 0)
		return 0;
	error = errno;
	/* The group alone may be allowed. */
	if (error == EPERM || error == EINVAL) {
		bool is_given = fchownat(to, "", (uid_t)-1, status->st_gid, AT_EMPTY_PATH) == 0;

		(void)is_given;
		/* To whom all is allowed, that is told: a root of a container may not know this user. */
		if (geteuid())
			return 0;
	}
	errno = error;
	return -1;
}

/* Whether the file TO belongs to whom STATUS says: others get no rights that are meant for them. */
static mode_t
mode_for(const struct stat *status, int to)
{
	struct stat now;
	mode_t mode = status->st_mode & 07777;

	if (!(mode & 06000))
		return mode;
	if (fstat(to, &now) < 0)
		return mode & ~(mode_t)06000;
	if (now.st_uid != status->st_uid)
		mode &= ~(mode_t)04000;
	if (now.st_gid != status->st_gid)
		mode &= ~(mode_t)02000;
	return mode;
}

/* An access control list, or none, where one may have come by itself. */
static int
copy_list(const struct names *names, int from, int to, const char *name, bool inherited)
{
	if (names_have(names, name))
		return copy_one((struct object){ from, NULL }, (struct object){ to, NULL }, name);
	return inherited && fremovexattr(to, name) < 0 && !is_absent(errno) ? -1 : 0;
}

static int
copy_mode(const struct names *names, int from, const struct stat *status, int to, bool inherited)
{
	mode_t mode = mode_for(status, to);
	int result = copy_list(names, from, to, access_list, inherited), error = errno;

	if (S_ISDIR(status->st_mode) && copy_list(names, from, to, default_list, inherited) < 0) {
		result = -1;
		error = errno;
	}
	/* The group's rights were those that all in the list may have at most. */
	if (result < 0)
		mode &= ~(mode_t)0070;
	if (fchmod(to, mode) < 0)
		return -1;
	errno = error;
	return result;
}

static int
copy_times(const struct stat *status, int to)
{
	return futimens(to, (struct timespec[]){ status->st_atim, status->st_mtim });
}

/* ---- all of it ---- */

/* Keeps the first error. */
static void
check(int result, unsigned one, unsigned *failed, int *error)
{
	if (result < 0 && !*failed)
		*error = errno;
	if (result < 0)
		*failed |= one;
}

int
attributes_copy(int from, const struct stat *status, int to, unsigned what, bool inherited,
		unsigned *failed)
{
	struct object source = { from, NULL }, target = { to, NULL };
	struct names names = { .all = names.usual };
	int error = 0;

	*failed = 0;
	if (what & (ATTRIBUTES_MODE | ATTRIBUTES_EXTENDED))
		check(names_get(&names, source), ATTRIBUTES_EXTENDED, failed, &error);
	/* A change of the owner takes rights, and one of anything else the time. */
	if (what & ATTRIBUTES_OWNER)
		check(copy_owner(status, to), ATTRIBUTES_OWNER, failed, &error);
	if (what & ATTRIBUTES_EXTENDED)
		check(copy_extended(&names, source, target, what), ATTRIBUTES_EXTENDED, failed,
		      &error);
	if (what & ATTRIBUTES_MODE)
		check(copy_mode(&names, from, status, to, inherited), ATTRIBUTES_MODE, failed,
		      &error);
	if (what & ATTRIBUTES_TIMES)
		check(copy_times(status, to), ATTRIBUTES_TIMES, failed, &error);
	names_done(&names);
	errno = error;
	return *failed ? -1 : 0;
}

/* ---- what is no file and no folder ---- */

enum { ENTRY_SIZE = NAME_MAX + 32 };

/* What is not to be opened has a path below its folder. */
static const char *
path_of(struct attributes_entry entry, char *space)
{
	snprintf(space, ENTRY_SIZE, "/proc/self/fd/%d/%s", entry.folder, entry.name);
	return space;
}

/* As names_get; before Linux 6.13, where /proc is not mounted, nobody can tell: ENOENT. */
static int
list_entry(struct names *names, struct attributes_entry entry)
{
	char path[ENTRY_SIZE];
	int result = names_get(names, (struct object){ -1, path_of(entry, path) });

	if (result == 0 || errno != ENOENT)
		return result;
	names->size = entry_list(entry.folder, entry.name, names->usual, sizeof(names->usual));
	if (names->size >= 0)
		return 0;
	names->size = 0;
	errno = errno == ENOSYS ? ENOENT : errno;
	return is_absent(errno) ? 0 : -1;
}

/* What has been made as a copy. */
struct made {
	int fd; /* with O_PATH */
	char path[32];
	struct attributes_entry entry;
};

/* Whether what is there NOW can be what this process has just made of what STATUS is of. */
static bool
is_made(const struct stat *now, const struct stat *status)
{
	mode_t type = status->st_mode & S_IFMT;

	if ((now->st_mode & S_IFMT) != type || now->st_nlink > 1)
		return false;
	if ((type == S_IFCHR || type == S_IFBLK) && now->st_rdev != status->st_rdev)
		return false;
	/* Who is not root gives nothing away that is another's; some file systems show such owners. */
	return geteuid() || !now->st_uid;
}

/*
 * From here on the copy is a descriptor, not a name: whoever may write to the folder can give that to
 * something else. -1 with errno: ESTALE for that.
 */
static int
open_made(struct made *made, struct attributes_entry entry, const struct stat *status)
{
	struct stat now;

	made->entry = entry;
	made->fd = openat(entry.folder, entry.name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (made->fd < 0)
		return -1;
	snprintf(made->path, sizeof(made->path), "/proc/self/fd/%d", made->fd);
	if (fstat(made->fd, &now) == 0 && is_made(&now, status))
		return 0;
	close(made->fd);
	errno = ESTALE;
	return -1;
}

/* Takes an access control list that has come by itself. */
static int
drop_list(const struct made *made)
{
	struct names names = { .all = names.usual };
	int result = removexattr(made->path, access_list);

	if (result == 0 || is_absent(errno))
		return 0;
	if (errno != ENOENT)
		return -1;
	/* Without /proc: if there is one. */
	if (list_entry(&names, made->entry) == 0 && !names_have(&names, access_list))
		result = 0;
	names_done(&names);
	errno = ENOENT;
	return result;
}

static int
set_mode(const struct made *made, mode_t mode)
{
	int result = chmod(made->path, mode);

	if (result == 0 || errno != ENOENT)
		return result;
	result = entry_chmod(made->fd, mode);
	if (result < 0 && errno == ENOSYS)
		errno = ENOENT;
	return result;
}

/* Mode and access control list of what is no link; NAMES may be NULL: not known. */
static int
copy_entry_mode(const struct names *names, struct object source, const struct stat *status,
		const struct made *made, bool inherited)
{
	mode_t mode = mode_for(status, made->fd);
	int result = 0, error = ENOENT;

	if (!names)
		result = -1;
	else if (names_have(names, access_list))
		result = copy_one(source, (struct object){ -1, made->path }, access_list);
	else if (inherited)
		result = drop_list(made);
	if (result < 0) {
		error = names ? errno : ENOENT;
		mode &= ~(mode_t)0070; /* as in copy_mode */
	}
	if (set_mode(made, mode) < 0)
		return -1;
	errno = error;
	return result;
}

static int
copy_entry_times(const struct stat *status, const struct made *made)
{
	struct timespec times[] = { status->st_atim, status->st_mtim };

	if (utimensat(made->fd, "", times, AT_EMPTY_PATH) == 0)
		return 0;
	/* Before Linux 5.8. */
	return errno == EINVAL ? utimensat(AT_FDCWD, made->path, times, 0) : -1;
}

int
attributes_copy_entry(struct attributes_entry from, const struct stat *status,
		      struct attributes_entry to, unsigned what, bool inherited, unsigned *failed)
{
	char source_path[ENTRY_SIZE];
	struct object source = { -1, path_of(from, source_path) };
	struct names names = { .all = names.usual };
	bool is_link = S_ISLNK(status->st_mode), is_known = true;
	struct made made;
	int error = 0;

	*failed = what;
	if (open_made(&made, to, status) < 0)
		return -1;
	*failed = 0;
	if (what & (ATTRIBUTES_MODE | ATTRIBUTES_EXTENDED))
		is_known = list_entry(&names, from) == 0;
	if (!is_known && !(is_link && errno == ENOENT))
		check(-1, ATTRIBUTES_EXTENDED, failed, &error);
	if (what & ATTRIBUTES_OWNER)
		check(copy_owner(status, made.fd), ATTRIBUTES_OWNER, failed, &error);
	if (what & ATTRIBUTES_EXTENDED)
		check(copy_extended(&names, source, (struct object){ -1, made.path }, what),
		      ATTRIBUTES_EXTENDED, failed, &error);
	if (what & ATTRIBUTES_MODE && !is_link)
		check(copy_entry_mode(is_known ? &names : NULL, source, status, &made, inherited),
		      ATTRIBUTES_MODE, failed, &error);
	if (what & ATTRIBUTES_TIMES)
		check(copy_entry_times(status, &made), ATTRIBUTES_TIMES, failed, &error);
	names_done(&names);
	close(made.fd);
	errno = error;
	return *failed ? -1 : 0;
}

const char *
attributes_name(unsigned what)
{
	if (what & ATTRIBUTES_OWNER)
		return "the owner";
	if (what & ATTRIBUTES_MODE)
		return "the mode";
	return what & ATTRIBUTES_TIMES ? "the times" : "the extended attributes";
}
