/* SPDX-License-Identifier: MIT */
#include "kernel/loop.h"

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

#include "kernel/loopnode.h"
#include "kernel/loopuse.h"
#include "kernel/turn.h"

enum {
	LOOP_MAJOR = 7, /* Documentation/admin-guide/devices.txt */
	TRIES = 64,     /* others take the device that is free, too */
	PAUSE = 5,      /* milliseconds, once that was often */
	LONGEST_TURN = 10000,
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
		{ EINVAL, "no such loop device: leave its name out for one that is free" },
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

/* The device that was asked for: 1 if it has the file already. */
static int
attach_named(const struct loop_wish *wish, const struct stat *status, int file, bool read_only,
	     struct loop *loop, enum loop_step *step)
{
	struct loop_info64 info;
	struct loopuse use;
	struct loop other;

	*step = LOOP_OPEN_DEVICE;
	errno = ENAMETOOLONG;
	if (strlcpy(loop->path, wish->device, sizeof(loop->path)) >= sizeof(loop->path)
	    || loopnode_open(loop, read_only, step) < 0)
		return -1;
	if (loopuse_read(loop->fd, status, &use) > 0 && loopuse_is_same(&use, wish)) {
		loop->read_only = use.read_only;
		return 1;
	}
	if (loopuse_find(wish, status, read_only, &other, step) < 0) {
		loop_undo(loop);
		strlcpy(loop->path, other.path, sizeof(loop->path));
		return -1;
	}
	*step = LOOP_CONFIGURING;
	describe(wish, read_only, &info);
	return configure(loop->fd, file, &info);
}

static int
open_control(void)
{
	return open("/dev/loop-control", O_RDWR | O_CLOEXEC);
}

/*
 * Of several that look for a device at the same time each would find none that has the file: one after the
 * other, as long as nobody hangs. Closing what is returned, which may be -1, lets the next one go on.
 */
static int
take_turn(void)
{
	int fd = open_control();

	turn_take(fd, LONGEST_TURN);
	return fd;
}

/* The number of a device that is free; -1 with errno. */
static int
get_free(enum loop_step *step)
{
	int control, number;

	*step = LOOP_OPEN_CONTROL;
	control = open_control();
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
		if (loopnode_open(loop, read_only, step) < 0)
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

/* LOOP becomes the device that has the file already, or a new one, which is said. -1: as loop_attach. */
static int
attach_file(const struct loop_wish *wish, const struct stat *status, int file, bool read_only,
	    struct loop *loop, enum loop_step *step)
{
	int turn = take_turn(), found;

	if (wish->device)
		found = attach_named(wish, status, file, read_only, loop, step);
	else
		found = loopuse_find(wish, status, read_only, loop, step);
	if (found == 0 && !wish->device)
		found = attach_free(wish, file, read_only, loop, step);
	close_fd(turn);
	if (found == 0) {
		loop->is_new = true;
		loop->read_only = read_only;
	}
	return found < 0 ? -1 : 0;
}

int
loop_attach(const struct loop_wish *wish, struct loop *loop, enum loop_step *step)
{
	bool read_only = wish->read_only;
	struct stat status;
	int file, result;

	*loop = (struct loop){ .fd = -1 };
	*step = LOOP_OPEN_FILE;
	file = open_file(wish->file, &read_only);
	if (file < 0 || fstat(file, &status) < 0) {
		close_fd(file);
		return -1;
	}
	result = attach_file(wish, &status, file, read_only, loop, step);
	close_fd(file);
	if (result < 0)
		loop_undo(loop);
	return result;
}

/* If nobody has it, the kernel has no device NUMBER any more. */
static void
remove_device(int number)
{
	int control = open_control();

	if (control < 0)
		return;
	ioctl(control, LOOP_CTL_REMOVE, number);
	close(control);
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
	if (loop->is_added)
		remove_device(loopnode_number(loop->path));
	loop->is_new = loop->made_node = loop->is_added = false;
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
	struct loopuse use;
	struct stat status;
	bool result;
	int fd;

	if (stat(path, &status) < 0 || loopnode_number(device) < 0)
		return false;
	fd = open(device, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	result = loopuse_read(fd, &status, &use) > 0 && use.offset == offset;
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
