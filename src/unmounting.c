/* SPDX-License-Identifier: MIT */
#include "unmounting.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/buffer.h"
#include "cli/say.h"
#include "kernel/status.h"
#include "memory.h"
#include "mounts/backing.h"
#include "mounts/copies.h"
#include "mounts/helper.h"
#include "mounts/point.h"
#include "mounts/unmount.h"
#include "removing.h"

/* Reads the mounts, if that is of use. Whether they are known; if not, with errno. */
static bool
know_mounts(struct unmounting *work)
{
	if (work->known && !work->stale)
		return true;
	if (work->known)
		table_done(&work->mounts);
	work->stale = false;
	work->known = table_read(&work->mounts) == 0;
	return work->known;
}

static void
tell_unknown(struct unmounting *work, int error)
{
	static const struct hint hints[] = { { ENOENT, "mount /proc", 0 }, { 0, NULL, 0 } };

	errno = error;
	fail(hints, "cannot read what is mounted");
	removing_failed(work, UNMOUNTING_FAILED);
}

static bool
is_wanted(const struct unmounting *work, const struct mountinfo *mount)
{
	struct buffer both = { 0 };
	bool is;

	buffer_print(&both, "%s,%s", mount->options, mount->super);
	is = table_has_type(work->types, mount->type)
	     && table_has_options(work->options, buffer_string(&both));
	buffer_done(&both);
	return is;
}

/* Whether mounts would go with those of SCOPE, unasked. */
static bool
spreads(struct unmounting *work, const char *operand, const struct mountinfo *mount,
	enum unmount_scope scope)
{
	size_t count, *plan;
	bool elsewhere;
	char *other;

	if (work->propagate || scope == UNMOUNT_ALL || (scope == UNMOUNT_ONE && !work->lazy))
		return false;
	/* In a lazy one, all that is in it goes. */
	if (scope == UNMOUNT_ONE || scope == UNMOUNT_STACK)
		scope = UNMOUNT_BELOW;
	plan = unmount_plan(&work->mounts, mount, scope, &count);
	other = copies_endangered(&work->mounts, plan, count, &elsewhere);
	free(plan);
	if (!other)
		return false;
	failx("cannot unmount '%s': it is shared%s, and '%s' would be unmounted%s, too (mount "
	      "--make-rprivate '%s' first, or --propagate)",
	      operand, elsewhere ? " with another mount namespace" : "", other,
	      elsewhere ? " there" : "", mount->target);
	free(other);
	removing_failed(work, UNMOUNTING_FAILED);
	return true;
}

static void
unmount_several(struct unmounting *work, const char *operand, const struct mountinfo *mount,
		enum unmount_scope scope)
{
	size_t count, *plan;

	if (spreads(work, operand, mount, scope))
		return;
	plan = unmount_plan(&work->mounts, mount, scope, &count);
	for (size_t i = 0; i < count; i++) {
		const struct mountinfo *at = &work->mounts.mounts[plan[i]];
		struct removal removal = { .operand = operand,
					   .path = at->target,
					   .mount = at,
					   .id = at->id,
					   .planned = true };

		if (scope == UNMOUNT_ALL && !is_wanted(work, at))
			continue;
		/* What it is in would be busy. */
		if (!removing(work, &removal) && (scope == UNMOUNT_BELOW || scope == UNMOUNT_STACK))
			break;
	}
	free(plan);
}

struct file_search {
	const struct table *mounts;
	const char *file;
	const struct mountinfo *found;
};

static bool
find_file(const char *device, const char *file, void *context)
{
	struct file_search *search = context;

	if (device && !strcmp(file, search->file))
		search->found = unmount_find_source(search->mounts, device);
	return !search->found;
}

/*
 * The last mount of the disk, the file on a loop device or the other source that is named, or has
 * the path REAL; NULL: there is none, or it is a folder.
 */
static const struct mountinfo *
find_source(const struct unmounting *work, const char *operand, const char *real)
{
	struct file_search search = { .mounts = &work->mounts, .file = real };
	struct status status;

	/* Sources have odd names: in a folder with another folder, `proc`, that one is meant. */
	if (real && status_at(AT_FDCWD, real, true, &status) == 0 && S_ISDIR(status.mode))
		return NULL;
	search.found = unmount_find_source(&work->mounts, operand);
	if (!search.found && real)
		search.found = unmount_find_source(&work->mounts, real);
	if (!search.found && real)
		backing_each(find_file, &search);
	return search.found;
}

/* As unmount_resolve, in the folder of WORK. */
static char *
resolve(const struct unmounting *work, const char *path)
{
	struct buffer whole = { 0 };
	char *real;
	int error;

	if (work->folder && *path && *path != '/')
		buffer_print(&whole, "%s/", work->folder);
	buffer_text(&whole, path);
	real = unmount_resolve(buffer_string(&whole));
	error = errno;
	buffer_done(&whole);
	errno = error;
	return real;
}

enum { LINKS = 40 }; /* one after the other, as path_resolution(7) has it */

/* What is mounted at *PATH, or, if that is a symlink, where it leads, which is in *PATH then. */
static const struct mountinfo *
find_target(const struct unmounting *work, char **path)
{
	const struct mountinfo *mount = table_find_target(&work->mounts, *path);
	char *next;

	for (int i = 0; !mount && !work->as_is && i < LINKS; i++) {
		next = unmount_follow(*path);
		if (!next)
			break;
		free(*path);
		*path = next;
		mount = table_find_target(&work->mounts, *path);
	}
	return mount;
}

static void
unmount_found(struct unmounting *work, const char *operand, const struct mountinfo *mount)
{
	struct removal removal = {
		.operand = operand, .path = mount->target, .mount = mount, .id = mount->id
	};

	if (!is_wanted(work, mount)) {
		failx("cannot unmount '%s': its type, '%s', or its options are others than asked for",
		      operand, mount->type);
		removing_failed(work, UNMOUNTING_FAILED);
	} else if (work->all_targets) {
		unmount_several(work, operand, mount,
				work->recursive ? UNMOUNT_SOURCE_BELOW : UNMOUNT_SOURCE);
	} else if (work->recursive) {
		unmount_several(work, operand, mount, work->lazy ? UNMOUNT_STACK : UNMOUNT_BELOW);
	} else if (unmount_is_covered(&work->mounts, mount)) {
		removing_explain(work, &removal, ESTALE);
	} else if (!spreads(work, operand, mount, UNMOUNT_ONE)) {
		removing(work, &removal);
	}
}

/* What the table of mounts does not have; UNREAD, if not 0, is why there is none. */
static void
unmount_unknown(struct unmounting *work, const char *operand, const char *path, int unread)
{
	char *real = work->as_is || work->expire ? NULL : realpath(path, NULL);
	struct removal removal = { .operand = operand, .path = real ? real : path };
	bool needs_table = work->recursive || work->all_targets || work->types || work->options;
	struct status status = { 0 };
	/* To look would take the mark away. */
	int is = work->expire ? 1 : point_look(path, !work->as_is, &status), error = errno;

	if (unread && (needs_table || S_ISBLK(status.mode)))
		tell_unknown(work, unread);
	else if (is > 0 && !needs_table)
		removing(work, &removal);
	else
		removing_none(work, operand, is < 0 ? error : 0);
	free(real);
}

void
unmounting_target(struct unmounting *work, const char *target)
{
	const struct mountinfo *mount = NULL;
	char *path;
	int error, unread = 0;

	if (!*target) {
		failx("cannot unmount '': it is empty (is a variable not set?)");
		removing_failed(work, UNMOUNTING_FAILED);
		return;
	}
	path = work->as_is ? memory_string(target) : resolve(work, target);
	error = errno;
	if (!know_mounts(work)) {
		unread = errno;
	} else {
		mount = path ? find_target(work, &path) : NULL;
		if (!mount && (!work->recursive || work->all_targets))
			mount = find_source(work, target, path);
	}
	if (mount)
		unmount_found(work, target, mount);
	else if (path)
		unmount_unknown(work, target, path, unread);
	else
		removing_none(work, target, error);
	free(path);
}

void
unmounting_all(struct unmounting *work)
{
	if (!know_mounts(work)) {
		tell_unknown(work, errno);
		return;
	}
	if (!work->types)
		work->types = "noproc,devfs,devpts,sysfs,rpc_pipefs,nfsd";
	unmount_several(work, "", NULL, UNMOUNT_ALL);
}

/* Whether something has been marked and is still there; that is forgotten then. */
static bool
has_marked(struct unmounting *work)
{
	bool has = !SLIST_EMPTY(&work->marked);
	struct unmounting_mark *mark;

	while ((mark = SLIST_FIRST(&work->marked)) != NULL) {
		SLIST_REMOVE_HEAD(&work->marked, next);
		free(mark->path);
		free(mark);
	}
	return has;
}

int
unmounting_done(struct unmounting *work)
{
	bool marked = has_marked(work);

	if (work->known)
		table_done(&work->mounts);
	free(work->folder);
	if (work->failed && work->done)
		work->bits = (work->bits & ~UNMOUNTING_FAILED) | UNMOUNTING_SOME;
	else if (work->cannot_run_help)
		return HELPER_CANNOT_RUN;
	return work->bits || !marked ? work->bits : UNMOUNTING_MARKED;
}
