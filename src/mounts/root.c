/* SPDX-License-Identifier: MIT */
#include "mounts/root.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "kernel/capability.h"
#include "kernel/mount.h"
#include "kernel/mountinfo.h"
#include "kernel/statmount.h"
#include "mounts/carry.h"
#include "mounts/point.h"
#include "mounts/userns.h"

/* ---- looking ---- */

/* What the table of mounts says of one. */
struct entry {
	int id; /* of it */
	bool is_there, is_shared, is_initial;
	int parent;
	char target[PATH_MAX];
};

static bool
take(const struct mountinfo *mount, void *context)
{
	struct entry *entry = context;

	if (mount->id != entry->id)
		return true;
	entry->is_there = true;
	entry->is_shared = !strncmp(mount->tags, "shared:", strlen("shared:"));
	entry->is_initial = mount->id == mount->parent;
	entry->parent = mount->parent;
	strlcpy(entry->target, mount->target, sizeof(entry->target));
	return false;
}

static struct entry
find(int id)
{
	struct entry entry = { .id = id };

	mountinfo_each(take, &entry);
	return entry;
}

/* Whether the mount of ID is shared, and where it is. */
static bool
is_shared(int id, struct root_trouble *trouble)
{
	struct entry entry = find(id);

	if (!entry.is_there || !entry.is_shared)
		return false;
	strlcpy(trouble->place, entry.target, sizeof(trouble->place));
	return true;
}

static bool
is_same(const struct status *one, const struct status *other)
{
	return one->device == other->device && one->inode == other->inode
	       && one->mount == other->mount;
}

/* Whether the folder FD is below, or is, the one with STATUS. FD is closed. */
static bool
is_below(int fd, const struct status *status)
{
	struct status now, above;
	bool found = false, is_top = false;

	while (fd >= 0 && !found && !is_top && status_at(fd, "", false, &now) == 0) {
		int next = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);

		found = is_same(&now, status);
		is_top = next < 0
			 || (status_at(next, "", false, &above) == 0 && is_same(&above, &now));
		close(fd);
		fd = next;
	}
	if (fd >= 0)
		close(fd);
	return found;
}

/* Opens the folder PATH, and looks at it. -1: TROUBLE is that. */
static int
look(const char *path, enum root_reason reason, struct status *status, struct root_trouble *trouble)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0 && status_at(fd, "", false, status) == 0) {
		int is = status->root == STATUS_ROOT_UNKNOWN ? point_look(path, true, status) : -1;

		if (is >= 0)
			status->root = is ? STATUS_IS_ROOT : STATUS_IS_NO_ROOT;
		return fd;
	}
	trouble->error = errno;
	trouble->reason = reason;
	if (fd >= 0)
		close(fd);
	return -1;
}

bool
root_is_initial(void)
{
	int error = errno, is = -1;
	struct status root;
	uint64_t id;

	if (statmount_id("/", &id) == 0)
		is = statmount_is_initial(id);
	if (is < 0)
		is = status_at(AT_FDCWD, "/", true, &root) == 0 && find(root.mount).is_initial;
	errno = error;
	return is;
}

/* The table has nothing that is outside of the root. */
static bool
root_is_in_shared(void)
{
	uint64_t id;

	return statmount_id("/", &id) == 0 && statmount_is_in_shared(id) > 0;
}

/* What is EINVAL, of these three, in the kernel's order; path_pivot_root in fs/namespace.c. */
static enum root_reason
find_invalid(const struct status *root, const struct status *new, const struct status *old,
	     int old_fd, struct root_trouble *trouble)
{
	struct entry of_root = find(root->mount), of_new = find(new->mount);

	if (is_same(new, root))
		return ROOT_NEW_IS_ROOT;
	if (is_shared(old->mount, trouble))
		return ROOT_OLD_IS_SHARED;
	if (of_new.is_there && is_shared(of_new.parent, trouble))
		return ROOT_NEW_IS_IN_SHARED;
	if (root_is_in_shared())
		return ROOT_IS_IN_SHARED;
	if (root->root == STATUS_IS_NO_ROOT)
		return ROOT_IS_NO_MOUNT;
	if (root_is_initial())
		return ROOT_IS_INITIAL;
	if (of_root.is_there && !of_new.is_there)
		return ROOT_NEW_IS_ELSEWHERE;
	strlcpy(trouble->place, of_new.target, sizeof(trouble->place));
	if (new->root == STATUS_IS_NO_ROOT)
		return ROOT_NEW_IS_NO_MOUNT;
	if (!is_below(openat(old_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC), new))
		return ROOT_OLD_IS_NOT_BELOW;
	return userns_is_inside() ? ROOT_NEW_IS_LOCKED : ROOT_CANNOT_BE_SEEN;
}

/*
 * Whether the folder has been deleted, or is in a mount that has been taken away, and is somebody's
 * current one yet.
 */
static bool
is_gone(const struct status *status)
{
	return !status->links || !find(status->mount).is_there;
}

static enum root_reason
find_busy(const struct status *root, const struct status *new, const struct status *old)
{
	if (is_same(new, root))
		return ROOT_NEW_IS_ROOT;
	if (new->mount == root->mount)
		return ROOT_NEW_IS_ON_ROOT;
	return old->mount == root->mount ? ROOT_OLD_IS_ON_ROOT : ROOT_REASON_UNKNOWN;
}

/* Why pivot_root(2) of these has failed with ERROR. */
static void
explain(const char *new_root, const char *put_old, int error, struct root_trouble *trouble)
{
	struct status root, new, old;
	int new_fd, old_fd, root_fd;

	trouble->error = error;
	trouble->reason = ROOT_REASON_UNKNOWN;
	if (error == EPERM) {
		trouble->reason = capability_have(CAP_SYS_ADMIN) ? ROOT_FILTERED : ROOT_FORBIDDEN;
		return;
	}
	new_fd = look(new_root, ROOT_NEW_CANNOT_BE_OPENED, &new, trouble);
	if (new_fd < 0)
		return;
	close(new_fd);
	old_fd = look(put_old, ROOT_OLD_CANNOT_BE_OPENED, &old, trouble);
	if (old_fd < 0)
		return;
	root_fd = look("/", ROOT_REASON_UNKNOWN, &root, trouble);
	if (root_fd >= 0) {
		close(root_fd);
		if (error == EINVAL)
			trouble->reason = find_invalid(&root, &new, &old, old_fd, trouble);
		else if (error == EBUSY)
			trouble->reason = find_busy(&root, &new, &old);
		else if (error == ENOENT)
			trouble->reason = is_gone(&new)   ? ROOT_NEW_CANNOT_BE_OPENED
					  : is_gone(&old) ? ROOT_OLD_CANNOT_BE_OPENED
							  : ROOT_REASON_UNKNOWN;
	}
	close(old_fd);
}

/* ---- changing ---- */

static int
fail_at(enum root_step *step, enum root_step where)
{
	*step = where;
	return -1;
}

int
root_pivot(const char *new_root, const char *put_old, struct root_trouble *trouble)
{
	*trouble = (struct root_trouble){ .step = ROOT_PIVOT };
	if (mount_pivot_root(new_root, put_old) == 0)
		return chdir("/") < 0 ? fail_at(&trouble->step, ROOT_AFTER) : 0;
	explain(new_root, put_old, errno, trouble);
	errno = trouble->error;
	return -1;
}

/* Makes the folder that is current the root, and takes the old one, open as OLD, away. */
static int
pivot_here(int old, enum root_step *step)
{
	if (mount_pivot_root(".", ".") < 0)
		return fail_at(step, ROOT_PIVOT);
	/* The old root is over the new one now: what is unmounted there stays with others. */
	if (fchdir(old) < 0 || mount_propagate(".", MOUNT_SLAVE) < 0 || mount_detach(".") < 0)
		return fail_at(step, ROOT_DETACH);
	return 0;
}

/* Out of the initramfs, which pivot_root(2) cannot leave before Linux 7.0. */
static int
move_here(enum root_step *step)
{
	int error;

	if (mount_move(".", "/") < 0)
		return fail_at(step, ROOT_MOVE);
	if (mount_chroot(".") == 0)
		return 0;
	error = errno;
	mount_detach(".");
	errno = error;
	return fail_at(step, ROOT_MOVE);
}

static int
change_here(const char *new_root, const char *put_old, bool alone, enum root_step *step)
{
	int old, result, error;

	if (put_old)
		return mount_pivot_root(new_root, put_old) < 0 ? fail_at(step, ROOT_PIVOT) : 0;
	old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (old < 0)
		return fail_at(step, ROOT_ENTER);
	result = pivot_here(old, step);
	if (result < 0 && *step == ROOT_PIVOT && errno == EINVAL && alone && root_is_initial())
		result = move_here(step);
	error = errno;
	close(old);
	errno = error;
	return result;
}

/* Changes to NEW_ROOT, with BINDS once that is mounted on itself. */
static int
enter_and_change(const char *new_root, const char *put_old, bool alone, bool binds,
		 struct root_trouble *trouble)
{
	enum root_step *step = &trouble->step;
	int error;

	if (binds && mount_bind(new_root, new_root) < 0)
		return fail_at(step, ROOT_BIND);
	/* The name leads into the new mount from now on. */
	if (chdir(new_root) < 0)
		fail_at(step, ROOT_ENTER);
	else if (change_here(new_root, put_old, alone, step) == 0)
		return 0;
	error = errno;
	/* As long as it is so. */
	if (*step == ROOT_PIVOT)
		explain(new_root, put_old ? put_old : new_root, error, trouble);
	if (binds && *step != ROOT_DETACH)
		mount_detach(new_root);
	errno = error;
	return -1;
}

static int
change(const char *new_root, const char *put_old, bool alone, struct root_trouble *trouble)
{
	enum root_step *step = &trouble->step;
	struct status status;
	int is_mount = point_look(new_root, true, &status);

	if (is_mount < 0)
		return fail_at(step, ROOT_ENTER);
	if (mount_propagate("/", MOUNT_PRIVATE) < 0)
		return fail_at(step, ROOT_SETTLE);
	if (is_mount) {
		if (enter_and_change(new_root, put_old, alone, false, trouble) == 0)
			return 0;
		/* In a user namespace, a mount that was there before is locked, but a copy of it is not. */
		if (*step != ROOT_PIVOT || errno != EINVAL)
			return -1;
	}
	return enter_and_change(new_root, put_old, alone, true, trouble);
}

int
root_change(const char *new_root, const char *put_old, bool alone, struct root_trouble *trouble)
{
	enum root_step *step = &trouble->step;
	/* Whole paths: the current folder is going to be another one. */
	char *new = realpath(new_root, NULL), *old = put_old ? realpath(put_old, NULL) : NULL;
	int here = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC), result = -1, error;

	*trouble = (struct root_trouble){ 0 };
	if (!new || (put_old && !old))
		fail_at(step, ROOT_ENTER);
	else if (change(new, old, alone, trouble) == 0)
		result = chdir("/") < 0 ? fail_at(step, ROOT_AFTER) : 0;
	error = errno;
	/* Messages are to mean the same as what was typed; else there is nothing to be done about it. */
	if (result < 0 && here >= 0 && *step < ROOT_DETACH && fchdir(here) < 0)
		error = errno;
	if (result < 0 && *step < ROOT_BIND)
		explain(new_root, put_old ? put_old : new_root, error, trouble);
	if (here >= 0)
		close(here);
	free(new);
	free(old);
	errno = error;
	return result;
}

bool
root_is_in_memory(void)
{
	int fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs status;
	bool is = fd >= 0 && fstatfs(fd, &status) == 0
		  && (status.f_type == RAMFS_MAGIC || status.f_type == TMPFS_MAGIC);

	if (fd >= 0)
		close(fd);
	return is;
}

/* From the current folder, which is called NEW_ROOT. */
static int
switch_here(const char *new_root, int old, unsigned *lost, enum root_step *step)
{
	bool is_initial = root_is_initial();
	unsigned moved;
	int error;

	if (mount_propagate("/", MOUNT_PRIVATE) < 0)
		return fail_at(step, ROOT_SETTLE);
	moved = carry_all(new_root, lost);
	if (pivot_here(old, step) == 0
	    || (*step == ROOT_PIVOT && errno == EINVAL && is_initial && move_here(step) == 0))
		return is_initial;
	/* There is no way back, and a root that could be left behind is no reason to end here. */
	if (*step == ROOT_DETACH) {
		*lost |= ROOT_OLD_STAYS;
		return 0;
	}
	error = errno;
	carry_back(moved);
	errno = error;
	return -1;
}

int
root_switch(const char *new_root, int *old, unsigned *lost, enum root_step *step)
{
	char *real = realpath(new_root, NULL);
	int is_initial, error;

	*old = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (!real || *old < 0 || chdir(real) < 0)
		is_initial = fail_at(step, ROOT_ENTER);
	else
		is_initial = switch_here(real, *old, lost, step);
	error = errno;
	free(real);
	/* Who has another root may have the old one for other things, too. */
	if (is_initial == 0) {
		close(*old);
		*old = -1;
	}
	errno = error;
	if (is_initial < 0)
		return -1;
	return chdir("/") < 0 ? fail_at(step, ROOT_AFTER) : 0;
}
