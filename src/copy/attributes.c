/* SPDX-License-Identifier: MIT */
#include "copy/attributes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "memory.h"

static const char access_list[] = "system.posix_acl_access";

/*
 * The file system has none, or not this one, or the user may not see or set it: there is nothing to
 * lose there.
 */
static bool
is_absent(int error)
{
	return error == ENODATA || error == EOPNOTSUPP || error == ENOSYS;
}

/* One attribute, of at most so many bytes: -1 with errno. */
static int
copy_one(int from, int to, const char *name)
{
	ssize_t size = fgetxattr(from, name, NULL, 0);
	char *value = size > 0 ? memory_get((size_t)size) : NULL;
	int result, error;

	if (size > 0)
		size = fgetxattr(from, name, value, (size_t)size);
	result = size < 0 ? (is_absent(errno) ? 0 : -1)
			  : fsetxattr(to, name, value, (size_t)size, 0);
	error = errno;
	free(value);
	errno = error;
	return result;
}

/* All attributes, but for access control lists, which are a part of the mode. */
static int
copy_extended(int from, int to)
{
	ssize_t size = flistxattr(from, NULL, 0);
	char *names = size > 0 ? memory_get((size_t)size) : NULL;
	int result = 0, error = 0;

	if (size > 0)
		size = flistxattr(from, names, (size_t)size);
	for (ssize_t at = 0; at < size; at += (ssize_t)strlen(names + at) + 1)
		if (strcmp(names + at, access_list) && copy_one(from, to, names + at) < 0) {
			result = -1;
			error = errno;
		}
	free(names);
	if (size < 0 && !is_absent(errno))
		return -1;
	errno = error;
	return result;
}

static int
copy_owner(const struct stat *status, int to)
{
	if (fchown(to, status->st_uid, status->st_gid) == 0)
		return 0;
	/* The group alone may be allowed. */
	if (errno == EPERM || errno == EINVAL)
		return fchown(to, (uid_t)-1, status->st_gid) == 0 || geteuid() ? 0 : -1;
	return -1;
}

/* Whether the file TO belongs to whom STATUS says: others get no rights that are meant for them. */
static mode_t
mode_for(const struct stat *status, int to)
{
	struct stat now;
	mode_t mode = status->st_mode & 07777;

	if (mode & 06000 && (fstat(to, &now) < 0 || now.st_uid != status->st_uid))
		mode &= ~(mode_t)04000;
	if (mode & 02000 && (fstat(to, &now) < 0 || now.st_gid != status->st_gid))
		mode &= ~(mode_t)02000;
	return mode;
}

static int
copy_mode(int from, const struct stat *status, int to)
{
	if (fchmod(to, mode_for(status, to)) < 0)
		return -1;
	return from < 0 ? 0 : copy_one(from, to, access_list);
}

static int
copy_times(const struct stat *status, int to)
{
	return futimens(to, (struct timespec[]){ status->st_atim, status->st_mtim });
}

int
attributes_copy(int from, const struct stat *status, int to, unsigned what, unsigned *failed)
{
	int error = 0;

	*failed = 0;
	/* A change of the owner takes rights, and one of anything else the time. */
	if (what & ATTRIBUTES_OWNER && copy_owner(status, to) < 0) {
		error = errno;
		*failed |= ATTRIBUTES_OWNER;
	}
	if (what & ATTRIBUTES_EXTENDED && copy_extended(from, to) < 0) {
		error = errno;
		*failed |= ATTRIBUTES_EXTENDED;
	}
	if (what & ATTRIBUTES_MODE && copy_mode(from, status, to) < 0) {
		error = errno;
		*failed |= ATTRIBUTES_MODE;
	}
	if (what & ATTRIBUTES_TIMES && copy_times(status, to) < 0) {
		error = errno;
		*failed |= ATTRIBUTES_TIMES;
	}
	errno = error;
	return error ? -1 : 0;
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
