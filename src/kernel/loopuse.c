/* SPDX-License-Identifier: MIT */
#include "kernel/loopuse.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/loop.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "file.h"
#include "kernel/loopnode.h"

int
loopuse_read(int fd, const struct stat *status, struct loopuse *use)
{
	struct loop_info64 info;

	if (ioctl(fd, LOOP_GET_STATUS64, &info) < 0)
		return errno == ENXIO || errno == ENOTTY || errno == EINVAL ? 0 : -1;
	*use = (struct loopuse){ .offset = info.lo_offset,
				 .size_limit = info.lo_sizelimit,
				 .read_only = info.lo_flags & LO_FLAGS_READ_ONLY };
	return info.lo_device == status->st_dev && info.lo_inode == status->st_ino;
}

bool
loopuse_is_same(const struct loopuse *use, const struct loop_wish *wish)
{
	return use->offset == wish->offset && use->size_limit == wish->size_limit;
}

static uint64_t
end_of(uint64_t offset, uint64_t size_limit)
{
	return size_limit && size_limit < UINT64_MAX - offset ? offset + size_limit : UINT64_MAX;
}

static bool
overlaps(const struct loopuse *use, const struct loop_wish *wish)
{
	return use->offset < end_of(wish->offset, wish->size_limit)
	       && wish->offset < end_of(use->offset, use->size_limit);
}

/* Whether the device NAME in FOLDER, /sys/block, has a file: most have none, and need not be opened. */
static bool
is_in_use(DIR *folder, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%.40s/loop", name);
	return faccessat(dirfd(folder), path, F_OK, 0) == 0;
}

/* Whether the device NAME, which does not tell, has the file by the name that FOLDER, /sys/block, has. */
static bool
may_have(DIR *folder, const char *name, const struct stat *status)
{
	char path[64], file[PATH_MAX + 20];
	struct stat other;
	ssize_t length;
	int fd;

	snprintf(path, sizeof(path), "%.40s/loop/backing_file", name);
	fd = openat(dirfd(folder), path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	length = file_read(fd, file, sizeof(file) - 1);
	close(fd);
	if (length <= 0)
		return false;
	/* A newline is added to what may have newlines itself. */
	file[length - (file[length - 1] == '\n')] = '\0';
	return stat(file, &other) == 0 && other.st_dev == status->st_dev
	       && other.st_ino == status->st_ino;
}

struct search {
	const struct loop_wish *wish;
	const struct stat *status;
	bool read_only;
	DIR *folder; /* /sys/block, or /dev */
	bool in_sysfs;
};

/* One device: as loopuse_find. A node that was made for the look alone goes again. */
static int
look_at(const struct search *search, const char *name, struct loop *loop, enum loop_step *step)
{
	struct loopuse use;
	int has = loopnode_open(loop, true, step) < 0
			  ? -1
			  : loopuse_read(loop->fd, search->status, &use);
	int error = errno;
	int result = 0;

	if (has < 0 && search->in_sysfs && may_have(search->folder, name, search->status)) {
		result = -1;
	} else if (has > 0 && !search->wish->device && loopuse_is_same(&use, search->wish)) {
		loop->read_only = use.read_only;
		return 1;
	} else if (has > 0 && overlaps(&use, search->wish)
		   && !(use.read_only && search->read_only)) {
		*step = LOOP_OVERLAPS;
		error = EBUSY;
		result = -1;
	}
	loop_undo(loop);
	errno = error;
	return result;
}

static int
search_folder(const struct search *search, struct loop *loop, enum loop_step *step)
{
	struct dirent *entry;
	int result = 0;

	while (result == 0) {
		errno = 0;
		entry = readdir(search->folder);
		if (!entry) {
			*step = LOOP_LIST;
			return errno ? -1 : 0;
		}
		*loop = (struct loop){ .fd = -1 };
		snprintf(loop->path, sizeof(loop->path), "/dev/%.40s", entry->d_name);
		if (loopnode_number(loop->path) >= 0
		    && (!search->in_sysfs || is_in_use(search->folder, entry->d_name)))
			result = look_at(search, entry->d_name, loop, step);
	}
	return result;
}

/* The same where there is no sysfs: devices have no nodes there, often, but are in PARTITIONS of proc(5). */
static int
search_partitions(const struct search *search, FILE *partitions, struct loop *loop,
		  enum loop_step *step)
{
	char *line = NULL;
	size_t room = 0;
	int result = 0, error = 0;

	while (result == 0 && getline(&line, &room, partitions) > 0) {
		const char *name = strrchr(line, ' ');

		line[strcspn(line, "\n")] = '\0';
		*loop = (struct loop){ .fd = -1 };
		snprintf(loop->path, sizeof(loop->path), "/dev/%.40s", name ? name + 1 : "");
		if (loopnode_number(loop->path) >= 0)
			result = look_at(search, name + 1, loop, step);
		error = errno;
	}
	free(line);
	errno = error;
	return result;
}

/* Whether there is no sysfs, as far as opening /sys/block tells. */
static bool
has_no_sysfs(void)
{
	return errno == ENOENT || errno == EACCES;
}

int
loopuse_find(const struct loop_wish *wish, const struct stat *status, bool read_only,
	     struct loop *loop, enum loop_step *step)
{
	struct search search = { .wish = wish, .status = status, .read_only = read_only };
	FILE *partitions = NULL;
	int result, error;

	*loop = (struct loop){ .fd = -1 };
	*step = LOOP_LIST;
	search.folder = opendir("/sys/block");
	search.in_sysfs = search.folder;
	if (!search.folder && has_no_sysfs()) {
		partitions = fopen("/proc/partitions", "re");
		if (!partitions)
			search.folder = opendir("/dev");
	}
	if (!search.folder && !partitions)
		return -1;
	result = partitions ? search_partitions(&search, partitions, loop, step)
			    : search_folder(&search, loop, step);
	error = errno;
	if (partitions)
		fclose(partitions);
	else
		closedir(search.folder);
	errno = error;
	return result;
}
