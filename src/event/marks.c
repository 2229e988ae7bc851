/* SPDX-License-Identifier: MIT */
#include "event/marks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/moment.h"
#include "event/tell.h"
#include "kernel/mountinfo.h"
#include "kernel/pid.h"
#include "kernel/pidfd.h"
#include "memory.h"

/* Of the kernel's queue at a time. */
enum { READ_SIZE = 1 << 16 };

/* The same where each record opens a descriptor: fewer than most processes may have. */
enum { READ_PIDFDS = 1 << 14 };

/* What an object that is no folder can be asked for. */
#define FILE_EVENTS                                                                                \
	(FAN_ACCESS | FAN_MODIFY | FAN_ATTRIB | FAN_CLOSE | FAN_OPEN | FAN_OPEN_EXEC               \
	 | FAN_DELETE_SELF | FAN_MOVE_SELF)
/* What moves folders, so that paths go on being right. */
#define STORY (FAN_CREATE | FAN_DELETE | FAN_RENAME)

/* ---- the group ---- */

static int
open_with(struct marks *marks, unsigned int flags)
{
	int fd = fanotify_open(flags | FAN_REPORT_TARGET_FID);

	marks->targets = fd >= 0;
	return fd < 0 && errno == EINVAL ? fanotify_open(flags) : fd;
}

static int
open_group(struct marks *marks)
{
	unsigned int flags = FAN_CLASS_NOTIF
			     | (marks->unlimited ? FAN_UNLIMITED_QUEUE | FAN_UNLIMITED_MARKS : 0);
	int fd = -1;

	if (marks->scope == MARKS_NAMESPACE)
		return fanotify_open(flags | FAN_REPORT_MNT);
	flags |= FAN_REPORT_FID | FAN_REPORT_DFID_NAME;
	marks->pidfds = marks->only.pid || marks->sure;
	if (marks->pidfds)
		fd = open_with(marks, flags | FAN_REPORT_PIDFD);
	if (fd >= 0 || marks->only.pid)
		return fd;
	marks->pidfds = false;
	return open_with(marks, flags);
}

const struct hint *
marks_open_hints(const struct marks *marks)
{
	if (marks->scope == MARKS_NAMESPACE)
		return fanotify_open_namespace_hints;
	return marks->only.pid ? fanotify_open_pidfd_hints : fanotify_open_hints;
}

const struct hint *
marks_watch_hints(const struct marks *marks)
{
	if (marks->scope == MARKS_NAMESPACE)
		return fanotify_watch_namespace_hints;
	return marks->scope == MARKS_INODE ? fanotify_watch_inode_hints : fanotify_watch_hints;
}

int
marks_try_doers(void)
{
	/* Without handles instead of files, a group is for those alone who may know. */
	int fd = fanotify_open(FAN_CLASS_NOTIF);

	if (fd < 0)
		return -1;
	close(fd);
	return 0;
}

/* The process of a record need not be open until that is told. */
static void
close_pidfds(struct source *source, size_t from)
{
	const struct marks *marks = (const struct marks *)source;

	doers_close_pidfds(source->buffer + from, source->length - from, marks->only.inode);
}

int
marks_open(struct marks *marks, uint64_t wanted)
{
	int fd = open_group(marks);

	if (fd < 0)
		return -1;
	source_open(&marks->source, fd, READ_SIZE, FANOTIFY_RECORD_MAX);
	marks->source.nonblocking = true;
	if (marks->pidfds) {
		marks->source.at_once = READ_PIDFDS;
		marks->source.arrived = close_pidfds;
	}
	marks->source.decode = tell_decode;
	marks->source.rest = TELL_REST;
	marks->wanted = wanted;
	marks->self = pid_self();
	places_open(&marks->places);
	rescan_begin(&marks->rescan, wanted);
	marks->places.ahead = tell_ahead;
	marks->places.context = marks;
	marks->besides[0] = (struct pollfd){ .fd = mountinfo_open(), .events = POLLPRI };
	marks->source.besides = marks->besides;
	marks->besides[1] =
		(struct pollfd){ .fd = marks->only.pid ? marks->only.pidfd : -1, .events = POLLIN };
	marks->source.besides_count = 2;
	return 0;
}

int
marks_only_pidfd(struct marks *marks, int pidfd)
{
	pid_t pid = pidfd_pid(pidfd);

	if (pid <= 0) {
		errno = pid ? errno : ESRCH;
		return -1;
	}
	marks->only =
		(struct marks_only){ .pid = pid, .pidfd = pidfd, .inode = pidfd_inode(pidfd) };
	return 0;
}

int
marks_only(struct marks *marks, pid_t pid)
{
	int pidfd = pidfd_of(pid);

	return pidfd < 0 ? -1 : marks_only_pidfd(marks, pidfd);
}

void
marks_close(struct marks *marks)
{
	if (marks->besides[0].fd >= 0)
		close(marks->besides[0].fd);
	source_close(&marks->source);
	places_close(&marks->places);
	ahead_forget(&marks->ahead);
	late_forget(&marks->late);
	rescan_close(&marks->rescan);
	points_close(&marks->points);
	free(marks->roots);
	buffer_done(&marks->from);
	marks->roots = NULL;
}

size_t
marks_roots(const struct marks *marks)
{
	return marks->roots_left;
}

/* ---- mounts ---- */

/* What is looked for in mountinfo, and what was found. */
struct search {
	int id; /* of the mount; -1: any of the device */
	unsigned int major, minor;
	const char *whole; /* the folder of the file system that must be what is mounted */
	char *target;
	char *root;
};

static bool
look_at(const struct mountinfo *mount, void *context)
{
	struct search *search = context;

	if (search->id >= 0 ? mount->id != search->id
			    : mount->major != search->major || mount->minor != search->minor
				      || strcmp(mount->root, search->whole) != 0)
		return true;
	search->major = mount->major;
	search->minor = mount->minor;
	search->target = memory_string(mount->target);
	search->root = memory_string(mount->root);
	return false;
}

static int
find_mount(struct search *search)
{
	search->target = search->root = NULL;
	if (mountinfo_each(look_at, search) < 0)
		return -1;
	errno = ENODEV;
	return search->target ? 0 : -1;
}

void
marks_settle_mounts(struct marks *marks)
{
	struct places *places = &marks->places;

	for (size_t i = 0; i < places->mount_count && places->mount_count > 1; i++)
		places_settle(places, places->mounts[i].top);
}

/* The number of the mount of FILE_SYSTEM that shows the same as FOUND, or is that; SIZE_MAX: none. */
static size_t
same_mount(const struct marks *marks, uint64_t file_system, int id, const struct search *found)
{
	for (size_t i = 0; i < marks->places.mount_count; i++) {
		const struct place_mount *mount = &marks->places.mounts[i];

		if (mount->file_system == file_system
		    && (marks->scope == MARKS_MOUNT ? mount->id == id
						    : !strcmp(mount->root, found->root)))
			return i;
	}
	return SIZE_MAX;
}

/* Paths of ROOT are told as seen through the mount FOUND; ID is that of its own. -1: they cannot be. */
static int
use_mount(struct marks *marks, struct marks_root *root, int id, struct search *found)
{
	struct place_mount *mount;

	root->mount = same_mount(marks, root->file_system, id, found);
	if (root->mount != SIZE_MAX)
		return 0;
	mount = places_mount(&marks->places, root->file_system, found->target);
	if (!mount)
		return -1;
	mount->id = id;
	mount->major = found->major;
	mount->minor = found->minor;
	mount->root = found->root;
	found->root = NULL;
	root->mount = marks->places.mount_count - 1;
	marks_settle_mounts(marks);
	return 0;
}

/* Paths of ROOT, which is open as FD, are told as seen through a mount: its own, or one that has all. */
static int
add_mount(struct marks *marks, struct marks_root *root, int fd)
{
	struct search own = { .id = handle_mount(fd, "", false) },
		      whole = { .id = -1, .whole = "/" };
	int result = -1;

	root->mount = SIZE_MAX;
	if (own.id < 0 || find_mount(&own) < 0)
		return -1;
	whole.major = own.major;
	whole.minor = own.minor;
	if (marks->scope == MARKS_FILE_SYSTEM && find_mount(&whole) == 0)
		result = use_mount(marks, root, own.id, &whole);
	if (result < 0)
		result = use_mount(marks, root, own.id, &own);
	free(own.target);
	free(own.root);
	free(whole.target);
	free(whole.root);
	return result;
}

/* Whether the kernel still has a mark on what MOUNT shows: its numbers may be those of another by now. */
static bool
is_marked(const struct marks *marks, const struct place_mount *mount)
{
	if (marks->scope == MARKS_MOUNT)
		return fanotify_marks_mount(0, marks->source.fd, mount->id);
	return marks->evictable
	       || fanotify_marks_device(0, marks->source.fd, mount->major, mount->minor);
}

bool
marks_remount(struct marks *marks, struct place_mount *mount)
{
	struct search search = { .id = marks->scope == MARKS_MOUNT ? mount->id : -1,
				 .major = mount->major,
				 .minor = mount->minor,
				 .whole = mount->root };
	bool found = is_marked(marks, mount) && find_mount(&search) == 0;

	if (found && strcmp(search.target, mount->path) != 0)
		places_move_mount(&marks->places, mount, search.target);
	free(search.target);
	free(search.root);
	return found;
}

/* ---- roots ---- */

/* The events to ask of the kernel for a root. */
static uint64_t
mask_of(const struct marks *marks, const struct marks_root *root)
{
	uint64_t mask = marks->wanted;

	if (marks->scope == MARKS_MOUNT)
		return mask | FAN_ONDIR;
	mask |= marks->targets ? STORY : FAN_CREATE | FAN_DELETE | FAN_MOVE;
	if (marks->targets)
		mask &= ~(uint64_t)FAN_MOVE;
	else
		mask &= ~(uint64_t)FAN_RENAME;
	if (marks->scope == MARKS_FILE_SYSTEM)
		return mask | FAN_ONDIR;
	mask |= FAN_DELETE_SELF;
	return root->is_file ? mask & FILE_EVENTS : mask | FAN_ONDIR | FAN_EVENT_ON_CHILD;
}

static unsigned int
mark_flags(const struct marks *marks)
{
	unsigned int flags = FAN_MARK_ADD | (marks->no_follow ? FAN_MARK_DONT_FOLLOW : 0);

	switch (marks->scope) {
	case MARKS_FILE_SYSTEM:
		return flags | FAN_MARK_FILESYSTEM;
	case MARKS_MOUNT:
		return flags | FAN_MARK_MOUNT;
	case MARKS_INODE:
	default:
		return flags | (marks->evictable ? FAN_MARK_EVICTABLE : 0);
	}
}

/* What ROOT's folder is told as: its path as typed; of a file, what stands before its name. */
static void
label(struct marks *marks, struct marks_root *root)
{
	const char *slash = strrchr(root->path, '/');
	struct buffer text = { 0 };
	unsigned char bytes[HANDLE_MAX];
	struct handle dir = root->object;
	int parent;

	if (!root->is_file) {
		buffer_text(&text, root->path);
		if (!slash || slash[1])
			buffer_byte(&text, '/');
	} else {
		buffer_add(&text, root->path, slash ? (size_t)(slash + 1 - root->path) : 0);
		parent = open(slash ? buffer_string(&text) : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (parent < 0 || handle_of(parent, "", root->file_system, bytes, &dir) < 0)
			dir.length = 0;
		if (parent >= 0)
			close(parent);
	}
	if (dir.length)
		root->place = places_label(&marks->places, &dir, buffer_string(&text));
	buffer_done(&text);
}

static int
add_root(struct marks *marks, const char *path, int fd)
{
	struct marks_root *root;
	struct stat status;
	bool whole = marks->scope != MARKS_INODE && !marks->recursive;

	marks->roots = memory_resize(marks->roots, marks->root_count + 1, sizeof(*marks->roots));
	root = &marks->roots[marks->root_count];
	*root = (struct marks_root){ .path = path };
	/* The array may have moved, and the bytes with it. */
	for (size_t i = 0; i < marks->root_count; i++)
		marks->roots[i].object.bytes = marks->roots[i].bytes;
	if (fstat(fd, &status) < 0 || handle_file_system(fd, &root->file_system) < 0)
		return -1;
	root->is_file = !S_ISDIR(status.st_mode);
	if (fanotify_watch(marks->source.fd, mark_flags(marks), mask_of(marks, root), AT_FDCWD,
			   path)
	    < 0)
		return -1;
	if (handle_of(fd, "", root->file_system, root->bytes, &root->object) < 0
	    || (add_mount(marks, root, fd) < 0 && marks->scope != MARKS_INODE))
		return -1;
	if (!whole)
		label(marks, root);
	marks->root_count++;
	marks->roots_left++;
	return 0;
}

int
marks_watch(struct marks *marks, const char *path)
{
	int fd = open(path, O_PATH | O_CLOEXEC | (marks->no_follow ? O_NOFOLLOW : 0)), result,
	    error;

	if (fd < 0)
		return -1;
	result = add_root(marks, path, fd);
	error = errno;
	close(fd);
	errno = error;
	return result;
}

int
marks_watch_namespace(struct marks *marks)
{
	marks->roots_left = 1;
	/* What comes while all are looked at is told, and then known already. Who is told of ends alone needs
	 * to know what began. */
	if (fanotify_watch(marks->source.fd, FAN_MARK_ADD | FAN_MARK_MNTNS,
			   FAN_MNT_ATTACH | FAN_MNT_DETACH, AT_FDCWD, "/proc/self/ns/mnt")
	    < 0)
		return -1;
	return points_open(&marks->points);
}

int
marks_ignore(struct marks *marks, const char *path)
{
	uint64_t mask = marks->wanted & (FILE_EVENTS | FAN_CREATE | FAN_DELETE);
	struct stat status;

	if (stat(path, &status) < 0)
		return -1;
	if (S_ISDIR(status.st_mode))
		mask |= FAN_ONDIR | FAN_EVENT_ON_CHILD;
	else
		mask &= FILE_EVENTS;
	return fanotify_watch(marks->source.fd, FAN_MARK_ADD | FAN_MARK_IGNORE_SURV, mask, AT_FDCWD,
			      path);
}

/* Adds to TEXT the path, with a slash at its end, by which the folder FD is told. -1 with errno. */
static int
add_folder(struct marks *marks, int fd, struct buffer *text)
{
	unsigned char bytes[HANDLE_MAX];
	uint64_t file_system;
	struct handle handle;
	struct place *place;
	const char *path;
	size_t length;

	if (handle_file_system(fd, &file_system) < 0
	    || handle_of(fd, "", file_system, bytes, &handle) < 0
	    || !(place = places_find(&marks->places, &handle)))
		return -1;
	path = places_path(&marks->places, place, &length);
	buffer_add(text, path, length);
	return 0;
}

int
marks_path(struct marks *marks, const char *path, struct buffer *text)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC), result, error;
	const char *name = "", *slash = strrchr(path, '/');
	struct buffer folder = { 0 };

	if (fd < 0) {
		name = slash ? slash + 1 : path;
		buffer_add(&folder, path, (size_t)(name - path));
		fd = open(folder.length ? buffer_string(&folder) : ".",
			  O_PATH | O_DIRECTORY | O_CLOEXEC);
		buffer_done(&folder);
	}
	if (fd < 0)
		return -1;
	result = add_folder(marks, fd, text);
	error = errno;
	close(fd);
	buffer_text(text, name);
	errno = error;
	return result;
}

int
marks_try(struct marks *marks)
{
	for (size_t i = 0; i < marks->places.mount_count; i++) {
		const struct place_mount *mount = &marks->places.mounts[i];
		int fd = open(mount->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK), found;

		if (fd < 0)
			return -1;
		found = handle_open(fd, &mount->top->handle);
		close(fd);
		if (found < 0)
			return -1;
		close(found);
	}
	return 0;
}
