/* SPDX-License-Identifier: MIT */
#include "event/astray.h"

#include <fcntl.h>
#include <poll.h>
#include <time.h>

#include "cli/num.h"
#include "event/tell.h"
#include "kernel/handle.h"
#include "kernel/timerfd.h"

/* Where mounts are whose paths do not lead to them is looked up so often at most, nanoseconds. */
#define CHECKS (NUM_SECOND / 10)

void
astray_labels(struct marks *marks)
{
	marks_settle_mounts(marks);
	for (size_t i = 0; i < marks->root_count; i++) {
		const struct marks_root *root = &marks->roots[i];
		struct place_mount *mount = tell_mount_of(marks, root);

		if (!root->place)
			continue;
		places_settle(&marks->places, root->place);
		if (!root->place->label || places_is_at(root->place, root->place->label))
			continue;
		if (mount && mount->top == root->place)
			places_move_mount(&marks->places, mount, mount->path);
		else
			places_unlabel(&marks->places, root->place);
	}
}

/* Whether MOUNT is where it was. What is done through it, is not where another one of the same is there. */
static bool
is_there(const struct marks *marks, const struct place_mount *mount)
{
	return marks->scope != MARKS_MOUNT && places_is_at(mount->top, mount->path);
}

/* What was told by the path of MOUNT, which is over, is told by that of another one which shows it. */
static void
hand_over(struct marks *marks, const struct place_mount *mount)
{
	places_unlabel(&marks->places, mount->top);
	for (size_t i = 0; i < marks->places.mount_count; i++) {
		struct place_mount *other = &marks->places.mounts[i];

		if (!other->over && other->top == mount->top)
			places_move_mount(&marks->places, other, other->path);
	}
}

void
astray_look(struct marks *marks)
{
	marks->besides[0].revents = 0;
	for (size_t i = 0; i < marks->places.mount_count; i++) {
		struct place_mount *mount = &marks->places.mounts[i];

		if (mount->over || is_there(marks, mount) || marks_remount(marks, mount))
			continue;
		marks->unmounted = true;
		mount->over = true;
		hand_over(marks, mount);
	}
	astray_labels(marks);
}

/* Whether the path of MOUNT leads to it. */
static bool
is_at_path(const struct marks *marks, const struct place_mount *mount)
{
	if (marks->scope == MARKS_MOUNT)
		return handle_mount(AT_FDCWD, mount->path, true) == mount->id;
	return places_is_at(mount->top, mount->path);
}

/* How many mounts there are whose paths do not lead to them. */
static size_t
count_astray(const struct marks *marks)
{
	size_t count = 0;

	for (size_t i = 0; i < marks->places.mount_count; i++)
		count += !marks->places.mounts[i].over
			 && !is_at_path(marks, &marks->places.mounts[i]);
	return count;
}

/* Whether mounts have changed: that is looked at when what was done before has been told. */
static bool
have_mounts_changed(struct marks *marks)
{
	struct pollfd *changes = &marks->besides[0], now = *changes;

	if (!changes->revents && poll(&now, 1, 0) > 0)
		changes->revents = now.revents;
	return changes->revents;
}

void
astray_follow(struct marks *marks)
{
	int64_t now;

	if (marks->checked == marks->source.total || marks->scope == MARKS_INODE)
		return;
	marks->checked = marks->source.total;
	if (!count_astray(marks))
		return;
	now = timerfd_now(CLOCK_MONOTONIC);
	if (now < marks->check_at || have_mounts_changed(marks))
		return;
	for (size_t i = 0; i < marks->places.mount_count; i++) {
		struct place_mount *mount = &marks->places.mounts[i];

		if (!mount->over && !is_at_path(marks, mount))
			marks_remount(marks, mount);
	}
	astray_labels(marks);
	/* Those that are covered have no path. */
	if (count_astray(marks))
		marks->check_at = now + CHECKS;
}
