/* SPDX-License-Identifier: MIT */
#include "removing.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "cli/say.h"
#include "holding.h"
#include "kernel/loop.h"
#include "kernel/mount.h"
#include "kernel/status.h"
#include "memory.h"
#include "mounts/helper.h"
#include "mounts/point.h"
#include "mounts/unmount.h"
#include "mounts/userns.h"
#include "process/signals.h"

void
removing_failed(struct unmounting *work, int bits)
{
	work->failed++;
	work->bits |= bits;
}

void
removing_none(struct unmounting *work, const char *operand, int error)
{
	if (work->graceful)
		return;
	errno = error;
	if (!work->quiet && error)
		fail(NULL, "cannot unmount '%s'", operand);
	else if (!work->quiet)
		failx("cannot unmount '%s': it is not mounted", operand);
	removing_failed(work, UNMOUNTING_FAILED);
}

/* MOUNT, NULL if it is not known, is no more. */
static void
forget(struct unmounting *work, const struct mountinfo *mount)
{
	const struct mountinfo *parent = mount ? table_parent(&work->mounts, mount) : NULL;

	/* What is in it, or copies, may have gone, too. */
	if (work->lazy || !parent || strstr(parent->tags, "shared:"))
		work->stale = true;
	else
		table_forget(&work->mounts, mount);
}

/* ---- marks ---- */

static struct unmounting_mark *
find_mark(const struct unmounting *work, const char *path)
{
	struct unmounting_mark *mark;

	SLIST_FOREACH(mark, &work->marked, next)
	if (!strcmp(mark->path, path))
		break;
	return mark;
}

static void
add_mark(struct unmounting *work, const char *path)
{
	struct unmounting_mark *mark;

	if (find_mark(work, path))
		return;
	mark = memory_get(sizeof(*mark));
	mark->path = memory_string(path);
	SLIST_INSERT_HEAD(&work->marked, mark, next);
}

/* What was marked there is no more. */
static void
take_mark(struct unmounting *work, const char *path)
{
	struct unmounting_mark *mark = find_mark(work, path);

	if (!mark)
		return;
	SLIST_REMOVE(&work->marked, mark, unmounting_mark, next);
	free(mark->path);
	free(mark);
}

/* ---- one try ---- */

struct attempt {
	const struct unmounting *work;
	const struct removal *removal;
	char *helper; /* the program that does it; NULL: there is none */
	int status;   /* that it has ended with */
	int error;    /* 0: it is unmounted; whatever the helper did not like counts as EBUSY */
};

static void
attempt_by_helper(struct attempt *attempt)
{
	const struct unmounting *work = attempt->work;
	struct helper helper = { .unmounts = true,
				 .type = attempt->removal->mount->type,
				 .target = attempt->removal->path,
				 .no_mtab = work->no_mtab,
				 .verbose = work->verbose,
				 .force = work->force,
				 .lazy = work->lazy,
				 .read_only = work->read_only };
	bool is_shared;

	attempt->status = helper_run(attempt->helper, &helper, &attempt->error);
	/* The program has had that signal, too. */
	if (signals_ending(&is_shared))
		signals_end();
	if (attempt->status && !attempt->error)
		attempt->error = EBUSY;
}

/* Whether it is of no use to try once more. */
static bool
attempt(void *context)
{
	struct attempt *attempt = context;
	const struct unmounting *work = attempt->work;
	const struct removal *removal = attempt->removal;
	/* All does not mean that nothing is left to work with. */
	bool lazy = work->lazy && !(work->all && !strcmp(removal->path, "/"));
	unsigned how = (work->force ? MOUNT_FORCE : 0) | (lazy ? MOUNT_LAZY : 0)
		       | (work->expire ? MOUNT_EXPIRE : 0);
	int result = 0;

	if (attempt->helper) {
		attempt_by_helper(attempt);
		return attempt->error != EBUSY;
	}
	if (work->as_is && !work->fake)
		result = mount_remove(removal->path, how);
	else if (!work->fake)
		result = unmount_at(removal->path, removal->id, how);
	attempt->error = result < 0 ? errno : 0;
	return attempt->error != EBUSY;
}

/* It is in use. Whether to make it read-only was asked for, and has worked. */
static bool
protect(struct unmounting *work, const struct removal *removal)
{
	if (!work->read_only)
		return false;
	if (unmount_make_read_only(removal->path, removal->id) < 0) {
		note_error(NULL, "cannot make '%s' read-only either", removal->path);
		return false;
	}
	note("'%s' is in use: it is read-only now", removal->path);
	work->done++;
	return true;
}

/* Whether the mount is no more. */
static bool
is_gone(const struct removal *removal)
{
	struct table now;
	bool gone;

	if (!removal->id || table_read(&now) < 0)
		return false;
	gone = !table_find_id(&now, removal->id);
	table_done(&now);
	return gone;
}

/* The kernel says EINVAL, or another mount is there. */
static void
explain_refused(struct unmounting *work, const struct removal *removal, int error)
{
	struct status status;
	int is = point_look(removal->path, false, &status);

	bool covered = removal->mount && unmount_is_covered(&work->mounts, removal->mount);

	if (is == 0 && !covered) {
		removing_none(work, removal->operand, 0);
		return;
	}
	if (error == ESTALE) {
		failx("cannot unmount '%s': another mount covers it there (unmount that first)",
		      removal->path);
	} else if (removal->mount && userns_is_inside()) {
		failx("cannot unmount '%s': it is locked (it was mounted before the user namespace "
		      "was made; unmount what it is in with --lazy, or do it outside)",
		      removal->path);
	} else {
		errno = error;
		fail(NULL, "cannot unmount '%s'", removal->path);
	}
	removing_failed(work, UNMOUNTING_FAILED);
}

void
removing_explain(struct unmounting *work, struct removal *removal, int error)
{
	static const struct hint busy[] = {
		{ EBUSY, "end those who use it, --kill TERM, or detach it, --lazy", 0 },
		{ 0, NULL, 0 },
	};

	errno = error;
	switch (error) {
	case EBUSY:
		fail(busy, "cannot unmount '%s'", removal->path);
		if (!holding_tell(removal->path, removal->id, work->all))
			note("nobody is seen here who uses '%s': it may be a process of another "
			     "pid namespace, an open file on its way through a socket or kept by "
			     "io_uring, a socket that the kernel does not let be looked at, or an "
			     "export of NFS",
			     removal->path);
		removing_failed(work, UNMOUNTING_FAILED);
		return;
	case EAGAIN:
		if (work->verbose)
			note("'%s' is marked: it is unmounted next time, if nobody uses it until then",
			     removal->path);
		add_mark(work, removal->path);
		return;
	case EINVAL:
	case ESTALE:
		explain_refused(work, removal, error);
		return;
	case ENOENT:
	case ENOTDIR:
		/* What is mounted is there; but what covers it need not have such folders. */
		if (removal->mount && unmount_is_covered(&work->mounts, removal->mount)) {
			explain_refused(work, removal, ESTALE);
			return;
		}
		/* fall through */
	default:
		errno = error;
		fail(mount_remove_hints, "cannot unmount '%s'", removal->path);
		removing_failed(work,
				error == EPERM ? UNMOUNTING_NOT_PERMITTED : UNMOUNTING_FAILED);
	}
}

/* The number of the disk that MOUNT is of; 0: it is of none. */
static dev_t
find_disk(const struct mountinfo *mount)
{
	struct stat status;

	if (mount->major)
		return makedev(mount->major, mount->minor);
	/* These have numbers of their own; of others without a disk, a source is but a word. */
	if (strcmp(mount->type, "btrfs") && strcmp(mount->type, "bcachefs"))
		return 0;
	return stat(mount->source, &status) == 0 && S_ISBLK(status.st_mode) ? status.st_rdev : 0;
}

/* The mount is no more; if a loop device was mounted, it goes, too. As a rule, it has done so. */
static void
free_loop(struct unmounting *work, const struct removal *removal)
{
	const struct mountinfo *mount = removal->mount;
	char path[LOOP_PATH_SIZE];

	if (!work->frees_loop || !mount || !loop_name(find_disk(mount), path)
	    || loop_free(path) == 0 || errno == ENXIO || errno == ENOTTY || errno == EINVAL)
		return;
	fail(NULL, "'%s' is unmounted, but cannot free '%s'", removal->path, path);
	work->bits |= UNMOUNTING_NO_SYSTEM;
}

static void
succeed(struct unmounting *work, const struct removal *removal)
{
	work->done++;
	if (work->verbose)
		note(work->fake ? "'%s' would be unmounted"
		     : !strcmp(removal->path, "/") && (work->all || !work->lazy)
			     ? "'%s' cannot be unmounted by who is in it: it is read-only now"
			     : "'%s' is unmounted",
		     removal->path);
	if (work->fake)
		return;
	take_mark(work, removal->path);
	free_loop(work, removal);
	forget(work, removal->mount);
}

/* The helper has failed, and said why, if it could be run. */
static void
explain_helper(struct unmounting *work, const struct removal *removal,
	       const struct attempt *attempt)
{
	int bits = attempt->status;

	errno = attempt->error;
	if (attempt->error != EBUSY) {
		fail(NULL, "cannot run '%s'", attempt->helper);
		work->cannot_run_help = true;
		bits = UNMOUNTING_FAILED;
	} else if (helper_signal(attempt->status)) {
		failx("cannot unmount '%s': '%s' was ended by signal %d (%s)", removal->path,
		      attempt->helper, helper_signal(attempt->status),
		      strsignal(helper_signal(attempt->status)));
		bits = UNMOUNTING_INTERRUPTED | UNMOUNTING_FAILED;
	} else if (work->verbose) {
		note("'%s' has ended with status %d", attempt->helper, attempt->status);
	}
	if (attempt->error == EBUSY && !is_gone(removal))
		holding_tell(removal->path, removal->id, true);
	work->stale = true;
	removing_failed(work, bits);
}

bool
removing(struct unmounting *work, struct removal *removal)
{
	bool is_helped = !work->no_helper && !work->fake && !work->expire && removal->mount;
	struct attempt first = { .work = work, .removal = removal };
	struct status status;
	bool done;

	if (is_helped)
		first.helper = helper_find(true, removal->mount->type);
	attempt(&first);
	if (first.error == EBUSY && !removal->id
	    && status_at(AT_FDCWD, removal->path, false, &status) == 0)
		removal->id = status.mount;
	if (first.error == EBUSY && work->signal)
		holding_end(removal->path, removal->id, work->signal, work->patience, attempt,
			    &first);
	done = !first.error;
	if (done)
		succeed(work, removal);
	else if (first.helper)
		explain_helper(work, removal, &first);
	else if (removal->planned && first.error != EBUSY && first.error != EAGAIN
		 && is_gone(removal))
		done = true;
	else if (first.error == EBUSY && protect(work, removal))
		done = true;
	else
		removing_explain(work, removal, first.error);
	free(first.helper);
	return done;
}
