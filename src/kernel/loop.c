/* SPDX-License-Identifier: MIT */
#include "kernel/loop.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/loop.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "file.h"

enum {
	LOOP_MAJOR = 7, /* Documentation/admin-guide/devices.txt */
	TRIES = 64,     /* others take the device that is free, too */
	PAUSE = 5,      /* milliseconds, once that was often */
};

const struct hint *
loop_hints(enum loop_step step)
{
	static const struct hint control[] = {
		{ ENOENT, "modprobe loop; in a container, give it /dev/loop-control" },
		{ ENODEV, "modprobe loop" },
		{ ENXIO, "modprobe loop" },
		{ EPERM, "a container: allow it the devices `c 10:237 rwm` and `b 7:* rwm`" },
		{ 0 },
	};
	static const struct hint device[] = {
		{ EPERM, "a container: allow it the devices `b 7:* rwm`" },
		{ ENXIO, "no such loop device: leave its name out for one that is free" },
		{ 0 },
	};
	static const struct hint configuring[] = {
		{ EBUSY, "it has another file: leave its name out for one that is free" },
		{ ENOTTY, "this is no loop device: leave its name out for one that is free" },
		{ EINVAL, "the file is none that can be a disk, or its file system has no blocks" },
		{ 0 },
	};

	switch (step) {
	case LOOP_OPEN_CONTROL:
	case LOOP_GET_FREE:
		return control;
	case LOOP_MAKE_NODE:
	case LOOP_OPEN_DEVICE:
		return device;
	case LOOP_CONFIGURING:
		return configuring;
	default:
		return NULL;
	}
}

/* close(2), and errno stays. */
static void
close_fd(int fd)
{
	int error = errno;

	if (fd >= 0)
		close(fd);
	errno = error;
}

/* MAJOR:MINOR of the loop device NUMBER: with partitions (loop.max_part), the minor is another number. */
static dev_t
device_number(int number)
{
	char path[64], text[32] = "", *minor = text;
	const char *error = "";
	int fd;

	snprintf(path, sizeof(path), "/sys/block/loop%d/dev", number);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0) {
		if (file_read(fd, text, sizeof(text) - 1) < 0)
			text[0] = '\0';
		close(fd);
	}
	text[strcspn(text, "\n")] = '\0';
	strsep(&minor, ":");
	if (minor)
		number = (int)strtonum(minor, 0, INT_MAX, &error);
	return makedev(LOOP_MAJOR, number);
}

/* The number in PATH, a name as the kernel gives it; -1: it is another one. */
static int
number_of(const char *path)
{
	static const char start[] = "/dev/loop";
	const char *error;
	long long number;

	if (strncmp(path, start, strlen(start)))
		return -1;
	number = strtonum(path + strlen(start), 0, INT_MAX, &error);
	return error ? -1 : (int)number;
}

/* Opens LOOP->path, which is made if it is the device NUMBER and has no node: containers often have none. */
static int
open_device(struct loop *loop, int number, bool read_only, enum loop_step *step)
{
	int how = read_only ? O_RDONLY : O_RDWR;

	*step = LOOP_OPEN_DEVICE;
	loop->fd = open(loop->path, how | O_NONBLOCK | O_CLOEXEC);
	if (loop->fd >= 0 || errno != ENOENT || number < 0)
		return loop->fd;
	*step = LOOP_MAKE_NODE;
	if (mknod(loop->path, S_IFBLK | 0660, device_number(number)) == 0)
		loop->made_node = true;
	else if (errno != EEXIST)
		return -1;
	*step = LOOP_OPEN_DEVICE;
	loop->fd = open(loop->path, how | O_NONBLOCK | O_CLOEXEC);
	return loop->fd;
}

static void
describe(const struct loop_wish *wish, bool read_only, struct loop_info64 *info)
{
	*info = (struct loop_info64){ .lo_offset = wish->offset,
				      .lo_sizelimit = wish->size_limit,
				      .lo_flags = LO_FLAGS_AUTOCLEAR
						  | (read_only ? LO_FLAGS_READ_ONLY : 0) };
	/* That is cut off, and only for people to look at. */
	strlcpy((char *)info->lo_file_name, wish->file, sizeof(info->lo_file_name));
}

/* Before Linux 5.8: in two steps, of which the second can be refused while what is cached is written. */
static int
configure_in_steps(int device, int file, const struct loop_info64 *info)
{
	int result;

	if (ioctl(device, LOOP_SET_FD, file) < 0)
		return -1;
	for (int i = 0; i < TRIES; i++) {
		result = ioctl(device, LOOP_SET_STATUS64, info);
		if (result == 0 || errno != EAGAIN)
			break;
		poll(NULL, 0, PAUSE);
	}
	if (result < 0) {
		int error = errno;

		ioctl(device, LOOP_CLR_FD, 0);
		errno = error;
	}
	return result;
}

static int
configure(int device, int file, const struct loop_info64 *info)
{
	struct loop_config config = { .fd = (uint32_t)file, .info = *info };

	if (ioctl(device, LOOP_CONFIGURE, &config) == 0)
		return 0;
	/* That is what older kernels say, too, and then the older calls say what is really wrong. */
	return errno == EINVAL || errno == ENOTTY ? configure_in_steps(device, file, info) : -1;
}

/* Whether the device FD has the file STATUS is of, from WISH's offset on. */
static bool
has_file(int fd, const struct loop_wish *wish, const struct stat *status, struct loop_info64 *info)
{
	return ioctl(fd, LOOP_GET_STATUS64, info) == 0 && info->lo_device == status->st_dev
	       && info->lo_inode == status->st_ino && info->lo_offset == wish->offset;
}

/* Whether the device NAME in FOLDER, /sys/block, has a file: most have none, and need not be opened. */
static bool
is_in_use(DIR *folder, const char *name)
{
	char path[64];

	snprintf(path, sizeof(path), "%.40s/loop", name);
	return faccessat(dirfd(folder), path, F_OK, 0) == 0;
}

/*
 * Looks for the device that has the part of the file already: two that both write would destroy what is in
 * it. 1, 0: there is none; -1 with errno and the *STEP.
 */
static int
find_attached(const struct loop_wish *wish, const struct stat *status, struct loop *loop,
	      enum loop_step *step)
{
	DIR *folder = opendir("/sys/block");
	bool in_sysfs = folder;
	struct dirent *entry;
	int result = 0;

	if (!folder)
		folder = opendir("/dev");
	while (folder && result == 0 && (entry = readdir(folder))) {
		struct loop_info64 info;

		snprintf(loop->path, sizeof(loop->path), "/dev/%.40s", entry->d_name);
		if (number_of(loop->path) < 0 || (in_sysfs && !is_in_use(folder, entry->d_name)))
			continue;
		loop->fd = open(loop->path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
		if (loop->fd < 0)
			continue;
		if (has_file(loop->fd, wish, status, &info)) {
			loop->read_only = info.lo_flags & LO_FLAGS_READ_ONLY;
			*step = LOOP_OVERLAPS;
			result = info.lo_sizelimit == wish->size_limit ? 1 : -1;
		}
		if (result <= 0) {
			close(loop->fd);
			loop->fd = -1;
		}
	}
	if (folder)
		closedir(folder);
	errno = EBUSY;
	return result;
}

/* The device that was asked for: 1 if it has the file already. */
static int
attach_named(const struct loop_wish *wish, const struct stat *status, int file, bool read_only,
	     struct loop *loop, enum loop_step *step)
{
	struct loop_info64 info;

	*step = LOOP_OPEN_DEVICE;
	errno = ENAMETOOLONG;
	if (strlcpy(loop->path, wish->device, sizeof(loop->path)) >= sizeof(loop->path)
	    || open_device(loop, number_of(wish->device), read_only, step) < 0)
		return -1;
	*step = LOOP_CONFIGURING;
	if (has_file(loop->fd, wish, status, &info) && info.lo_sizelimit == wish->size_limit) {
		loop->read_only = info.lo_flags & LO_FLAGS_READ_ONLY;
		return 1;
	}
	describe(wish, read_only, &info);
	return configure(loop->fd, file, &info);
}

/* The number of a device that is free; -1 with errno. */
static int
get_free(enum loop_step *step)
{
	int control, number;

	*step = LOOP_OPEN_CONTROL;
	control = open("/dev/loop-control", O_RDWR | O_CLOEXEC);
	if (control < 0)
		return -1;
	*step = LOOP_GET_FREE;
	number = ioctl(control, LOOP_CTL_GET_FREE);
	close_fd(control);
	return number;
}

static int
attach_free(const struct loop_wish *wish, int file, bool read_only, struct loop *loop,
	    enum loop_step *step)
{
	struct loop_info64 info;

	describe(wish, read_only, &info);
	for (int i = 0;; i++) {
		int number = get_free(step);

		if (number < 0)
			return -1;
		snprintf(loop->path, sizeof(loop->path), "/dev/loop%d", number);
		if (open_device(loop, number, read_only, step) < 0)
			return -1;
		*step = LOOP_CONFIGURING;
		if (configure(loop->fd, file, &info) == 0)
			return 0;
		if (errno != EBUSY || i == TRIES)
			return -1;
		/* Somebody else has taken it. */
		loop_undo(loop);
		if (i > TRIES / 2)
			poll(NULL, 0, PAUSE);
	}
}

/* Opens the file; *READ_ONLY, too, if it cannot be written. */
static int
open_file(const char *file, bool *read_only)
{
	int fd = *read_only ? -1 : open(file, O_RDWR | O_CLOEXEC);

	if (fd >= 0
	    || (!*read_only && errno != EROFS && errno != EACCES && errno != EPERM
		&& errno != ETXTBSY))
		return fd;
	*read_only = true;
	return open(file, O_RDONLY | O_CLOEXEC);
}

int
loop_attach(const struct loop_wish *wish, struct loop *loop, enum loop_step *step)
{
	bool read_only = wish->read_only;
	struct stat status;
	int file, found;

	*loop = (struct loop){ .fd = -1 };
	*step = LOOP_OPEN_FILE;
	file = open_file(wish->file, &read_only);
	if (file < 0 || fstat(file, &status) < 0) {
		close_fd(file);
		return -1;
	}
	found = wish->device ? attach_named(wish, &status, file, read_only, loop, step)
			     : find_attached(wish, &status, loop, step);
	if (found == 0 && !wish->device)
		found = attach_free(wish, file, read_only, loop, step);
	if (found == 0) {
		loop->is_new = true;
		loop->read_only = read_only;
	}
	close_fd(file);
	if (found < 0)
		loop_undo(loop);
	return found < 0 ? -1 : 0;
}

void
loop_undo(struct loop *loop)
{
	int error = errno;

	/* Whoever else has it open by now, to look at it, keeps it only as long as that takes. */
	if (loop->is_new)
		ioctl(loop->fd, LOOP_CLR_FD, 0);
	if (loop->fd >= 0)
		close(loop->fd);
	if (loop->made_node)
		unlink(loop->path);
	loop->is_new = loop->made_node = false;
	loop->fd = -1;
	errno = error;
}

void
loop_done(struct loop *loop)
{
	close_fd(loop->fd);
	loop->fd = -1;
}

bool
loop_has(const char *device, const char *path, uint64_t offset)
{
	struct loop_wish wish = { .offset = offset };
	struct loop_info64 info;
	struct stat status;
	bool result;
	int fd;

	if (stat(path, &status) < 0 || number_of(device) < 0)
		return false;
	fd = open(device, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	result = has_file(fd, &wish, &status, &info);
	close(fd);
	return result;
}

bool
loop_name(dev_t device, char path[LOOP_PATH_SIZE])
{
	char link[LOOP_PATH_SIZE], place[PATH_MAX];
	const char *name;
	ssize_t length;

	snprintf(link, sizeof(link), "/sys/dev/block/%u:%u", major(device), minor(device));
	length = readlink(link, place, sizeof(place) - 1);
	if (length < 0) {
		snprintf(path, LOOP_PATH_SIZE, "/dev/loop%u", minor(device));
		return major(device) == LOOP_MAJOR;
	}
	place[length] = '\0';
	name = strrchr(place, '/');
	name = name ? name + 1 : place;
	snprintf(path, LOOP_PATH_SIZE, "/dev/%.40s", name);
	return !strncmp(name, "loop", 4);
}

int
loop_free(const char *device)
{
	int fd = open(device, O_RDONLY | O_NONBLOCK | O_CLOEXEC), result;

	if (fd < 0)
		return -1;
	result = ioctl(fd, LOOP_CLR_FD, 0);
	close_fd(fd);
	return result < 0 ? -1 : 0;
}
