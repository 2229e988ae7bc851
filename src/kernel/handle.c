/* SPDX-License-Identifier: MIT */
#include "kernel/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/vfs.h>

#include "hash.h"
#include "kernel/compat.h"

const struct hint handle_hints[] = {
	{ EPERM, "finding the path of a file handle needs CAP_DAC_READ_SEARCH",
	  CAP_DAC_READ_SEARCH },
	{ EPERM, "a seccomp profile forbids open_by_handle_at, as container engines' do: allow it",
	  0 },
	{ ENOSYS, "a seccomp profile must allow open_by_handle_at", 0 },
	{ EMFILE, "raise ulimit -n", 0 },
	{ ENFILE, "raise fs.file-max", 0 },
	{ ESTALE,
	  "it is mounted in a way that shows none: fanotify-watch --inode or inotifywait may do",
	  0 },
	{ 0, NULL, 0 },
};

/* The kernel's struct with its bytes. */
union space {
	struct file_handle header;
	char room[sizeof(struct file_handle) + HANDLE_MAX];
};

/* The handle of PATH from FD, whether it can be opened, and the id of the mount. */
static int
get_handle(int fd, const char *path, bool follow, union space *space, int *mount, bool *opens)
{
	int flags = (*path ? 0 : AT_EMPTY_PATH) | (follow ? AT_SYMLINK_FOLLOW : 0);

	space->header.handle_bytes = HANDLE_MAX;
	*opens = name_to_handle_at(fd, path, &space->header, mount, flags) == 0;
	if (*opens)
		return 0;
	if (errno != EOPNOTSUPP)
		return -1;
	space->header.handle_bytes = HANDLE_MAX;
	if (name_to_handle_at(fd, path, &space->header, mount, flags | AT_HANDLE_FID) == 0)
		return 0;
	if (errno == EINVAL)
		errno = EOPNOTSUPP; /* the kernel does not know such handles */
	return -1;
}

int
handle_mount(int fd, const char *path, bool follow)
{
	union space space;
	bool opens;
	int mount;

	return get_handle(fd, path, follow, &space, &mount, &opens) < 0 ? -1 : mount;
}

int
handle_of(int fd, const char *path, uint64_t file_system, unsigned char bytes[HANDLE_MAX],
	  struct handle *handle)
{
	union space space;
	bool opens;
	int mount;

	if (get_handle(fd, path, false, &space, &mount, &opens) < 0)
		return -1;
	memcpy(bytes, space.header.f_handle, space.header.handle_bytes);
	*handle = (struct handle){ .file_system = file_system,
				   .type = space.header.handle_type,
				   .length = space.header.handle_bytes,
				   .opens = opens,
				   .bytes = bytes };
	return 0;
}

static int
open_path(int mount_fd, const struct handle *handle, int flags)
{
	union space space;

	if (handle->length > HANDLE_MAX) {
		errno = EOVERFLOW;
		return -1;
	}
	space.header.handle_bytes = handle->length;
	space.header.handle_type = handle->type;
	memcpy(space.header.f_handle, handle->bytes, handle->length);
	return open_by_handle_at(mount_fd, &space.header, O_PATH | O_CLOEXEC | flags);
}

int
handle_open(int mount_fd, const struct handle *handle)
{
	/* In a user namespace the kernel lets folders be opened, and asks for O_DIRECTORY as a promise. */
	return open_path(mount_fd, handle, O_DIRECTORY);
}

int
handle_open_any(int mount_fd, const struct handle *handle)
{
	return open_path(mount_fd, handle, 0);
}

int
handle_file_system(int fd, uint64_t *file_system)
{
	struct statfs status;

	if (fstatfs(fd, &status) < 0)
		return -1;
	memcpy(file_system, &status.f_fsid, sizeof(*file_system));
	return 0;
}

bool
handle_equal(const struct handle *a, const struct handle *b)
{
	return a->file_system == b->file_system && a->type == b->type && a->length == b->length
	       && !memcmp(a->bytes, b->bytes, a->length);
}

uint64_t
handle_hash(const struct handle *handle)
{
	uint64_t hash = handle->file_system ^ handle->length;
	uint32_t at, word;

	for (at = 0; at + sizeof(word) <= handle->length; at += sizeof(word)) {
		memcpy(&word, handle->bytes + at, sizeof(word));
		hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
		hash ^= hash >> 32;
	}
	return hash_bytes(hash, handle->bytes + at, handle->length - at);
}
