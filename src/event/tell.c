/* SPDX-License-Identifier: MIT */
#include "event/tell.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>

#include "cli/moment.h"
#include "event/astray.h"

/* Stands for a folder that is gone, where nothing tells what its path was. */
static const char gone[] = "(deleted)/";

/* Stands for a mount that is not below the root of this process, as in getcwd(3). */
static const char unreachable[] = "(unreachable)";

enum {
	MOMENT = 5, /* milliseconds that the kernel may take from a removal to its record */
	MOMENTS = 10,
};

/* Who did what was found by looking. */
static const struct doer nobody;

/*
 * A folder is gone a moment before the record that says so is in the queue: whether more has come. Where
 * nothing has, nobody waits again before something does.
 */
static bool
has_more_come(struct marks *marks)
{
	struct pollfd queue = { .fd = marks->source.fd, .events = POLLIN };

	if (marks->awaited == marks->source.total)
		return false;
	marks->awaited = marks->source.total;
	return poll(&queue, 1, MOMENT) > 0;
}

bool
tell_ahead(const struct handle *handle, bool is_gone, struct place_entry *entry, void *context)
{
	struct marks *marks = context;
	uint64_t position = source_position(&marks->source);
	bool found = false;

	if (!marks->targets)
		return false;
	for (int i = 0; i < MOMENTS && !found; i++) {
		found = ahead_find(&marks->ahead, &marks->source, position, handle, is_gone, entry);
		if (!found && (!is_gone || marks->scope == MARKS_INODE || !has_more_come(marks)))
			break;
	}
	return found;
}

/* ---- which record ---- */

/* Whether there are no more records than those that were told; what was put off waits for that. */
static bool
is_drained(struct marks *marks)
{
	struct source *source = &marks->source;

	if (source->offset < source->length)
		return false;
	return !marks->late.count || source->emptied || source_more(source, source->room * 2) <= 0;
}

/*
 * Takes the next record, out of the buffer or from those that were put off, and keeps its bytes: 1, 0 there
 * is none, -1 errno.
 */
static int
next_record(struct marks *marks)
{
	struct source *source = &marks->source;
	bool drained = is_drained(marks);
	const char *at = source->buffer + source->offset;
	size_t left = source->length - source->offset,
	       taken = fanotify_decode(at, left, &marks->record);

	if (left && (!taken || taken > sizeof(marks->bytes))) {
		errno = EBADMSG;
		return -1;
	}
	if (late_take(&marks->late, drained ? NULL : &marks->record, marks->bytes, &marks->record))
		return 1;
	if (!left)
		return 0;
	source->offset += taken;
	memcpy(marks->bytes, at, taken);
	fanotify_decode(marks->bytes, taken, &marks->record);
	late_put_off(&marks->late, &marks->record, marks->bytes, taken);
	return 1;
}

/* The folder that the record tells of is now where it says. */
static void
move_folder(struct marks *marks)
{
	const struct fanotify_record *record = &marks->record;
	struct place *parent;

	if (!marks->moves)
		return;
	marks->moves = false;
	parent = places_find(&marks->places, &record->dir);
	if (parent)
		places_put(&marks->places, &record->object, parent, record->name, record->length);
}

/* The mount that the record tells of is where it says from now on, though nobody wants to hear of it. */
static void
attach_mount(struct marks *marks)
{
	if (marks->attaches)
		points_attach(&marks->points, marks->record.mount);
	marks->attaches = false;
}

static bool
is_root(const struct marks *marks, const struct handle *object)
{
	for (size_t i = 0; i < marks->root_count && object->length; i++)
		if (handle_equal(&marks->roots[i].object, object))
			return true;
	return false;
}

/* Whether what happens in PLACE to OBJECT is to be told. */
static bool
is_inside(const struct marks *marks, const struct place *place, const struct handle *object)
{
	if (marks->scope != MARKS_FILE_SYSTEM || !marks->recursive)
		return true;
	for (size_t i = 0; i < marks->root_count && place; i++) {
		const struct marks_root *root = &marks->roots[i];
		const struct place_mount *mount = tell_mount_of(marks, root);

		if (!root->is_file && root->place && !(mount && mount->over)
		    && place_is_below(place, root->place))
			return true;
	}
	return is_root(marks, object);
}

/* ---- the path ---- */

static void
set_dir(struct marks *marks, const char *dir, size_t length)
{
	marks->told.dir = dir;
	marks->told.dir_length = length;
}

static void
set_path(struct marks *marks, struct place *place)
{
	const struct fanotify_record *record = &marks->record;
	struct event *told = &marks->told;
	size_t length;
	const char *path;

	told->name = record->name;
	told->name_length = record->length;
	if (!strcmp(record->name, ".")) {
		/* The folder itself: an entry of its parent, unless it is where paths begin. */
		told->name = "";
		told->name_length = 0;
		if (!place->label) {
			told->name = place->name;
			told->name_length = place->name_length;
			place = place->parent;
		}
	}
	path = places_path(&marks->places, place, &length);
	set_dir(marks, path, length);
}

/* Where a rename has come from: the path, kept apart from the one that is asked for next. */
static void
set_from(struct marks *marks, struct place *place)
{
	const struct fanotify_record *record = &marks->record;
	size_t length;
	const char *path = places_path(&marks->places, place, &length);

	marks->from.length = 0;
	buffer_add(&marks->from, path, length);
	buffer_add(&marks->from, record->old_name, record->old_length);
	marks->told.from = marks->from.data;
	marks->told.from_length = marks->from.length;
}

/* The path of an object that was marked itself and is in a folder that is not known. */
static bool
set_root_path(struct marks *marks)
{
	for (size_t i = 0; i < marks->root_count; i++) {
		const struct marks_root *root = &marks->roots[i];

		if (handle_equal(&root->object, &marks->record.object)) {
			set_dir(marks, root->path, strlen(root->path));
			marks->told.name = "";
			marks->told.name_length = 0;
			return true;
		}
	}
	return false;
}

/* ---- what is told ---- */

/* The name alone is told. */
static void
set_gone(struct marks *marks)
{
	marks->told.gone = true;
	set_dir(marks, gone, sizeof(gone) - 1);
	marks->told.name = marks->record.name;
	marks->told.name_length = marks->record.length;
}

/* Whether all of the file system that the record is of is below a root. */
static bool
is_all_inside(const struct marks *marks)
{
	for (size_t i = 0; i < marks->root_count; i++) {
		const struct marks_root *root = &marks->roots[i];
		const struct place_mount *mount = tell_mount_of(marks, root);

		if (mount && root->file_system == marks->record.dir.file_system
		    && root->place == mount->top && !strcmp(mount->root, "/"))
			return true;
	}
	return false;
}

/*
 * The record's place could not be found, errno: 1 it is told without, 0 it is none of what is watched,
 * -1 that is an error.
 */
static int
without_place(struct marks *marks)
{
	int error = errno;

	if (set_root_path(marks))
		return 1;
	errno = error;
	if (error != ESTALE && error != EXDEV && error != ENODEV && error != EOPNOTSUPP)
		return -1;
	if (error == EXDEV || (marks->recursive && !is_all_inside(marks)))
		return 0;
	set_gone(marks);
	return 1;
}

/* Whether a rename is two events with a path each: who does not want both in one may want one of them. */
static bool
tells_pairs(const struct marks *marks)
{
	return marks->pairs || !(marks->wanted & FAN_RENAME);
}

/* A rename, of which one end may be out of sight: 1 it is told, 0 not, -1 errno. */
static int
take_rename(struct marks *marks)
{
	const struct fanotify_record *record = &marks->record;
	struct place *from = NULL, *to = NULL;
	bool from_inside, to_inside;

	if (record->old_dir.length && !(from = places_find(&marks->places, &record->old_dir))
	    && places_is_shortage(errno))
		return -1;
	from_inside = from && is_inside(marks, from, &record->object);
	if (from_inside)
		set_from(marks, from);
	if (record->dir.length && !(to = places_find(&marks->places, &record->dir))
	    && places_is_shortage(errno))
		return -1;
	to_inside = to && is_inside(marks, to, &record->object);
	if (to_inside) {
		set_path(marks, to);
	} else if (from_inside) {
		marks->told.name = record->old_name;
		marks->told.name_length = record->old_length;
		set_dir(marks, marks->from.data, marks->from.length - record->old_length);
	}
	if (!from_inside || !to_inside)
		marks->told.from = NULL;
	if (!from_inside && !to_inside)
		return from || to ? 0 : without_place(marks);
	if (from_inside && to_inside && tells_pairs(marks)) {
		marks->bits = FAN_MOVE;
		marks->told.cookie = ++marks->cookie;
	} else if (!from_inside || !to_inside) {
		marks->bits = to_inside ? FAN_MOVED_TO : FAN_MOVED_FROM;
	}
	marks->bits &= marks->wanted;
	return marks->bits != 0;
}

/* RECORD tells of ENTRY, if there is one. */
static void
set_entry(struct fanotify_record *record, const struct place_entry *entry)
{
	if (!entry)
		return;
	record->dir = entry->dir;
	record->name = entry->name;
	record->length = entry->length;
}

/* The record names an object alone: its folder and its name are what other records say. */
static void
complete(struct marks *marks)
{
	const struct handle *object = &marks->record.object;

	if (ahead_next(&marks->source, object, &marks->entry))
		set_entry(&marks->record, &marks->entry);
	else
		set_entry(&marks->record, recent_find(&marks->recent, object));
}

/* Whether the record's file, which is told by number in PLACE, is an entry of it. */
static bool
is_entry(struct marks *marks, struct place *place)
{
	const struct fanotify_record *record = &marks->record;
	struct buffer path = { 0 };
	unsigned char bytes[HANDLE_MAX];
	struct handle there;
	size_t length;
	const char *dir = places_path(&marks->places, place, &length);
	bool is;

	buffer_add(&path, dir, length);
	buffer_add(&path, record->name, record->length);
	is = handle_of(AT_FDCWD, buffer_string(&path), record->object.file_system, bytes, &there)
		     == 0
	     && handle_equal(&there, &record->object);
	buffer_done(&path);
	return is;
}

static int
take_entry(struct marks *marks)
{
	const struct fanotify_record *record = &marks->record;
	struct place *place = NULL;
	bool numbered;

	if (!record->dir.length && record->object.length)
		complete(marks);
	numbered = record->object.length && !(record->mask & RECENT_NAMING)
		   && recent_is_numbered(record->name, record->length);
	if (numbered)
		set_entry(&marks->record, recent_find(&marks->recent, &record->object));
	errno = ESTALE;
	if (record->dir.length)
		place = places_find(&marks->places, &record->dir);
	if (!place)
		return without_place(marks);
	if (!is_inside(marks, place, &record->object))
		return 0;
	if (numbered && recent_is_numbered(record->name, record->length)
	    && !recent_is_named(&marks->recent, &record->object) && !is_entry(marks, place))
		set_gone(marks);
	else
		set_path(marks, place);
	return 1;
}

/* An error of a file system: that has a path, what the error is in need not have one. */
static int
take_error(struct marks *marks)
{
	const struct fanotify_record *record = &marks->record;
	const struct place_mount *mount =
		places_mount_of(&marks->places, record->object.file_system);

	marks->told.has_value = record->error;
	marks->told.value = record->error;
	marks->told.count = record->errors;
	marks->told.is_many = record->errors;
	if (mount)
		event_set_path(&marks->told, mount->path, strlen(mount->path));
	return 1;
}

/* A root is gone when all is told that the kernel has put in the queue with its deletion, or merged. */
static void
lose_root(struct marks *marks)
{
	for (size_t i = 0; i < marks->root_count; i++) {
		struct marks_root *root = &marks->roots[i];

		if ((marks->scope == MARKS_INODE || marks->recursive) && !root->over
		    && handle_equal(&root->object, &marks->record.object)) {
			root->over = true;
			marks->gone++;
		}
	}
}

/* Events are lost. All that was learnt from them is to be asked of the kernel again. */
static void
lose(struct marks *marks)
{
	places_forget(&marks->places);
	ahead_forget(&marks->ahead);
	astray_labels(marks);
	marks->lost = true;
	marks->rescanned = false;
	marks->bits = FAN_Q_OVERFLOW;
	set_dir(marks, "", 0);
}

/* Whether who did it is somebody to tell of. */
static bool
is_by(struct marks *marks)
{
	const struct fanotify_record *record = &marks->record;
	const struct marks_only *only = &marks->only;

	marks->by_ended = marks->pidfds && record->pidfd == FAN_NOPIDFD;
	return record->pid != marks->self
	       && (!only->pid || (record->pid == only->pid && record->pidfd != DOERS_OTHER));
}

/* Whether the record is told, and then what of it: 1, 0, -1 errno. */
static int
take_record(struct marks *marks)
{
	struct fanotify_record *record = &marks->record;

	marks->told = (struct event){ .time = marks->source.read_at,
				      .names = marks->table ? marks->table : fanotify_names,
				      .name = "",
				      .is_dir = record->mask & FAN_ONDIR };
	if (record->mask & FAN_Q_OVERFLOW) {
		lose(marks);
		return 1;
	}
	if (!record->object.length && !strcmp(record->name, "."))
		record->object = record->dir;
	if (record->mask & FAN_CREATE
	    && !rescan_create(&marks->rescan, &record->object, &record->dir, record->name))
		record->mask &= ~(uint64_t)FAN_CREATE;
	if (record->dir.length && record->length && !(record->mask & FAN_ONDIR))
		recent_see(&marks->recent, record);
	marks->moves = record->mask & FAN_ONDIR && record->mask & (FAN_CREATE | FAN_RENAME)
		       && record->object.length && record->dir.length;
	if (record->mask & (FAN_DELETE | FAN_DELETE_SELF))
		lose_root(marks);
	marks->bits = record->mask & marks->wanted & ~(uint64_t)FAN_ONDIR;
	marks->attaches = record->mask & FAN_MNT_ATTACH && !(marks->bits & FAN_MNT_ATTACH);
	if (record->mask & FAN_RENAME && marks->wanted & FAN_MOVE)
		marks->bits |= FAN_RENAME;
	if (!is_by(marks) || !marks->bits)
		return 0;
	if (record->mask & FAN_FS_ERROR)
		return take_error(marks);
	if (marks->scope == MARKS_NAMESPACE)
		return 1;
	return record->mask & FAN_RENAME ? take_rename(marks) : take_entry(marks);
}

/* Where the mount is, or was. */
static void
set_mount(struct marks *marks, struct event *event)
{
	const char *path = event->what & FAN_MNT_DETACH
				   ? points_detach(&marks->points, marks->record.mount,
						   marks->record.mask & FAN_MNT_ATTACH)
				   : points_attach(&marks->points, marks->record.mount);

	event->gone = !path || !*path;
	if (!event->gone) {
		event_set_path(event, path, strlen(path));
		return;
	}
	event->dir = path ? unreachable : gone;
	event->dir_length = strlen(event->dir);
}

/* Of a rename that is told as two events, each has one of the paths. */
static void
set_end(const struct marks *marks, struct event *event)
{
	const struct fanotify_record *record = &marks->record;

	if (event->from && event->what & FAN_MOVED_FROM) {
		event->dir = event->from;
		event->dir_length = event->from_length - record->old_length;
		event->name = record->old_name;
		event->name_length = record->old_length;
	}
	event->from = NULL;
}

/* The next of the record's events. */
static void
tell_bit(struct marks *marks, struct event *event)
{
	const struct name *name = names_first(fanotify_names, marks->bits);
	const struct fanotify_record *record = &marks->record;

	*event = marks->told;
	event->what = (marks->bits & name->bits) | (record->mask & FAN_ONDIR);
	marks->bits &= ~name->bits;
	if (marks->scope == MARKS_NAMESPACE)
		set_mount(marks, event);
	if (tells_pairs(marks))
		set_end(marks, event);
	marks->doer.pid = record->pid;
	event->doer = marks->names && !marks->by_ended
			      ? doers_find(&marks->doers, record->pid, marks->source.total)
			      : &marks->doer;
}

/* ---- one after the other ---- */

/* The next root that went with its mount, as an event: whether there is one. */
static bool
tell_unmount(struct marks *marks, struct event *event)
{
	for (size_t i = 0; i < marks->root_count; i++) {
		struct marks_root *root = &marks->roots[i];
		const struct place_mount *mount = tell_mount_of(marks, root);

		if (root->over || !mount || !mount->over)
			continue;
		root->over = true;
		marks->roots_left--;
		*event = (struct event){ .time = moment_now(),
					 .names = fanotify_names,
					 .what = FANOTIFY_UNMOUNT,
					 .dir = root->path,
					 .dir_length = strlen(root->path),
					 .name = "",
					 .doer = &nobody };
		if (!marks->pairs) /* to inotify it is the watched object, with no entry */
			event_set_path(event, root->path, strlen(root->path));
		return true;
	}
	marks->unmounted = false;
	return false;
}

/*
 * All that was read is told. If there is no more, nothing was lost up to the reading; if events
 * were, what they would have told is looked for now, and what comes meanwhile is told afterwards.
 */
static void
look_back(struct marks *marks)
{
	struct source *source = &marks->source;

	if (marks->lost && marks->rescan.wanted && !marks->rescanned) {
		for (size_t i = 0; i < marks->root_count; i++)
			rescan_look(&marks->rescan, marks->roots[i].path,
				    marks->roots[i].file_system, marks->recursive);
		marks->rescanned = true;
		source->emptied = false;
	} else if (source->emptied) {
		places_told(&marks->places);
		rescan_complete(&marks->rescan, source->read_at);
		marks->lost = false;
	}
}

/* The process that was watched has ended, and the queue has no more of it. */
static bool
tell_exit(struct marks *marks, struct event *event)
{
	if (marks->exited || !marks->besides[1].revents || source_waiting(&marks->source))
		return false;
	marks->exited = true;
	marks->doer.pid = marks->only.pid;
	*event = (struct event){ .time = moment_now(),
				 .names = fanotify_names,
				 .what = FANOTIFY_EXIT,
				 .dir = "",
				 .name = "",
				 .doer = &marks->doer };
	return true;
}

int
tell_decode(struct source *source, struct event *event)
{
	struct marks *marks = (struct marks *)source;
	int result;

	astray_follow(marks);
	while (!marks->bits) {
		move_folder(marks);
		attach_mount(marks);
		result = next_record(marks);
		if (!result)
			break;
		if (result > 0)
			result = take_record(marks);
		if (result < 0)
			return -1;
		if (!result)
			marks->bits = 0;
	}
	if (marks->bits) {
		tell_bit(marks, event);
		return 1;
	}
	if (marks->gone && !source_waiting(source)) {
		marks->roots_left -= marks->gone;
		marks->gone = 0;
		*event = (struct event){ .names = fanotify_names,
					 .what = FANOTIFY_GONE,
					 .dir = "",
					 .name = "",
					 .doer = &nobody };
		return 1;
	}
	look_back(marks);
	/* Asking where folders are reads on. */
	if (source->offset < source->length)
		return tell_decode(source, event);
	if (rescan_next(&marks->rescan, event)) {
		event->doer = &nobody;
		return 1;
	}
	/* What was done before a file system was unmounted is told first, by the paths that it had. */
	if (marks->besides[0].revents && !source_waiting(source))
		astray_look(marks);
	return (marks->unmounted && tell_unmount(marks, event)) || tell_exit(marks, event);
}
