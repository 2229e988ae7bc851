/* SPDX-License-Identifier: MIT */
#include "permit/grounds.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/fanotify.h"
#include "kernel/mountinfo.h"
#include "kernel/status.h"
#include "memory.h"

/* Learns the devices of the mounts whose ids are known. */
static bool
learn(const struct mountinfo *mount, void *context)
{
	struct grounds *grounds = context;

	for (size_t i = 0; i < grounds->count; i++)
		if (grounds->grounds[i].mount == mount->id) {
			grounds->grounds[i].major = mount->major;
			grounds->grounds[i].minor = mount->minor;
			grounds->grounds[i].is_whole = !strcmp(mount->root, "/");
			grounds->grounds[i].is_there = true;
		}
	return true;
}

static bool
see(const struct mountinfo *mount, void *context)
{
	struct grounds *grounds = context;

	for (size_t i = 0; i < grounds->count; i++) {
		struct ground *ground = &grounds->grounds[i];

		if (grounds->one_mount
			    ? mount->id == ground->mount
			    : mount->major == ground->major && mount->minor == ground->minor)
			ground->is_there = true;
	}
	return true;
}

/* The id of the mount that PATH leads to; 0: nobody says. */
static int
mount_of(const char *path)
{
	struct status status;

	return status_at(AT_FDCWD, path, true, &status) < 0 ? 0 : status.mount;
}

int
grounds_open(struct grounds *grounds, const char *const *paths, size_t count, bool one_mount)
{
	grounds->paths = paths;
	grounds->count = grounds->left = count;
	grounds->one_mount = one_mount;
	grounds->grounds = memory_get(count * sizeof(*grounds->grounds));
	for (size_t i = 0; i < count; i++)
		grounds->grounds[i].mount = mount_of(paths[i]);
	if (mountinfo_each(learn, grounds) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (!grounds->grounds[i].is_there)
			grounds->grounds[i].mount = 0;
	return mountinfo_open();
}

/* Finds the file system of the mount whose id is known. */
static bool
find(const struct mountinfo *mount, void *context)
{
	struct ground *found = context;

	if (mount->id != found->mount)
		return true;
	found->major = mount->major;
	found->minor = mount->minor;
	found->is_there = true;
	return false;
}

enum grounds_view
grounds_view(const struct grounds *grounds, const char *path)
{
	struct ground there = { .mount = mount_of(path) };
	enum grounds_view view = GROUNDS_NONE;

	for (size_t i = 0; i < grounds->count; i++)
		if (!grounds->grounds[i].mount || grounds->grounds[i].mount == there.mount)
			return GROUNDS_SEEN;
	if (grounds->one_mount && there.mount)
		return GROUNDS_NONE;
	if (mountinfo_each(find, &there) < 0 || !there.is_there)
		return GROUNDS_SEEN;
	for (size_t i = 0; i < grounds->count; i++) {
		const struct ground *ground = &grounds->grounds[i];

		if (ground->major != there.major || ground->minor != there.minor)
			continue;
		if (!ground->is_whole)
			return GROUNDS_SEEN;
		view = GROUNDS_OTHER_PATH;
	}
	return view;
}

/* Whether what GROUND was on may still be marked: its numbers may be those of another by now. */
static bool
is_marked(const struct grounds *grounds, const struct ground *ground)
{
	if (grounds->group < 0)
		return true;
	if (grounds->one_mount)
		return fanotify_marks_mount(grounds->holder, grounds->group, ground->mount);
	return fanotify_marks_device(grounds->holder, grounds->group, ground->major, ground->minor);
}

void
grounds_look(struct grounds *grounds)
{
	for (size_t i = 0; i < grounds->count; i++) {
		struct ground *ground = &grounds->grounds[i];

		ground->is_there = false;
		ground->is_astray = ground->mount && mount_of(grounds->paths[i]) != ground->mount;
		ground->is_warned = ground->is_warned && ground->is_astray;
	}
	/* What cannot be seen is no reason to end. */
	if (mountinfo_each(see, grounds) < 0)
		for (size_t i = 0; i < grounds->count; i++)
			grounds->grounds[i].is_there = true;
	for (size_t i = 0; i < grounds->count; i++)
		if (grounds->grounds[i].mount && !is_marked(grounds, &grounds->grounds[i]))
			grounds->grounds[i].is_there = false;
}

bool
grounds_next(struct grounds *grounds, size_t *number)
{
	for (size_t i = 0; i < grounds->count; i++) {
		struct ground *ground = &grounds->grounds[i];

		if (!ground->mount || ground->is_there || ground->is_told)
			continue;
		ground->is_told = true;
		grounds->left--;
		*number = i;
		return true;
	}
	return false;
}

bool
grounds_next_astray(struct grounds *grounds, size_t *number)
{
	for (size_t i = 0; i < grounds->count; i++) {
		struct ground *ground = &grounds->grounds[i];

		if (!ground->is_there || !ground->is_astray || ground->is_warned)
			continue;
		ground->is_warned = true;
		*number = i;
		return true;
	}
	return false;
}

void
grounds_close(struct grounds *grounds)
{
	free(grounds->grounds);
	*grounds = (struct grounds){ 0 };
}
