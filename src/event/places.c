/* SPDX-License-Identifier: MIT */
#include "event/places.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "memory.h"

enum { CHAINS = 1 << 12 };

void
places_open(struct places *places)
{
	*places = (struct places){ .chains = memory_get(CHAINS * sizeof(*places->chains)),
				   .story = 1 };
	TAILQ_INIT(&places->used);
}

/* ---- one place ---- */

static struct place_chain *
chain_of(const struct places *places, const struct handle *handle)
{
	return &places->chains[handle_hash(handle) & (CHAINS - 1)];
}

static struct place *
lookup(const struct places *places, const struct handle *handle)
{
	struct place *place;

	SLIST_FOREACH(place, chain_of(places, handle), same_hash)
	if (handle_equal(&place->handle, handle))
		return place;
	return NULL;
}

static void
set_name(struct place *place, const char *name, size_t length)
{
	free(place->name);
	place->name = memory_get(length + 1);
	memcpy(place->name, name, length);
	place->name_length = (uint32_t)length;
}

static void
set_parent(struct place *place, struct place *parent)
{
	if (place->parent)
		place->parent->children--;
	place->parent = parent;
	if (parent)
		parent->children++;
}

static void
remove_place(struct places *places, struct place *place)
{
	set_parent(place, NULL);
	TAILQ_REMOVE(&places->used, place, use);
	SLIST_REMOVE(chain_of(places, &place->handle), place, place, same_hash);
	if (places->last == place)
		places->last = NULL;
	places->count--;
	free(place->name);
	free(place->label);
	free(place);
}

/* Parents are needed with their children: the last ones of the list are always without. */
static void
touch(struct places *places, struct place *place)
{
	for (; place; place = place->parent) {
		TAILQ_REMOVE(&places->used, place, use);
		TAILQ_INSERT_HEAD(&places->used, place, use);
	}
}

/* Forgets those that have not been needed for long, down to MOST. */
static void
trim(struct places *places, size_t most)
{
	struct place *place = TAILQ_LAST(&places->used, place_list), *before;

	for (; place && places->count > most; place = before) {
		before = TAILQ_PREV(place, place_list, use);
		if (!place->children && !place->pinned)
			remove_place(places, place);
	}
}

static struct place *
add_place(struct places *places, const struct handle *handle, struct place *parent,
	  const char *name, size_t length)
{
	struct place *place;

	trim(places, PLACES_MOST - 1);
	place = memory_get(sizeof(*place) + handle->length);
	place->handle = *handle;
	place->handle.bytes = place->bytes;
	memcpy(place->bytes, handle->bytes, handle->length);
	SLIST_INSERT_HEAD(chain_of(places, handle), place, same_hash);
	TAILQ_INSERT_HEAD(&places->used, place, use);
	set_name(place, name, length);
	set_parent(place, parent);
	places->count++;
	touch(places, parent);
	return place;
}

bool
place_is_below(const struct place *place, const struct place *top)
{
	while (place && place != top)
		place = place->parent;
	return place;
}

void
place_entry_set(struct place_entry *entry, const struct handle *dir, const char *name,
		size_t length)
{
	memcpy(entry->bytes, dir->bytes, dir->length);
	entry->dir = *dir;
	entry->dir.bytes = entry->bytes;
	memcpy(entry->name, name, length);
	entry->name[length] = '\0';
	entry->length = length;
}

/* ---- asking the kernel ---- */

/* One folder on the way up: the steps lie one behind the other in climbed. */
struct step {
	struct handle handle;
	unsigned char bytes[HANDLE_MAX];
	struct place_entry in; /* where it is */
};

/* The name of the folder FD in its parent, where the kernel does not tell its path: that may be too long. */
static bool
search_name(int fd, int parent, struct place_entry *entry)
{
	int folder = openat(parent, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), error;
	DIR *stream = folder < 0 ? NULL : fdopendir(folder);
	const struct dirent *found = NULL;
	struct stat status;

	error = errno;
	if (!stream) {
		if (folder >= 0)
			close(folder);
		errno = error;
		return false;
	}
	if (fstat(fd, &status) == 0)
		while ((found = readdir(stream)) && found->d_ino != status.st_ino)
			;
	entry->length = found ? strlcpy(entry->name, found->d_name, sizeof(entry->name)) : 0;
	closedir(stream);
	errno = ESTALE;
	return entry->length;
}

/* The last component of the path of the folder FD. False with errno. */
static bool
ask_name(int fd, int parent, struct place_entry *entry)
{
	static const char suffix[] = " (deleted)";
	enum { SUFFIX = sizeof(suffix) - 1 };
	char link[32], path[PATH_MAX], *name;
	struct stat status;
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (length < 0)
		return search_name(fd, parent, entry);
	path[length] = '\0';
	if (length > SUFFIX && !strcmp(path + length - SUFFIX, suffix) && fstat(fd, &status) == 0
	    && !status.st_nlink)
		path[length - SUFFIX] = '\0';
	name = strrchr(path, '/');
	entry->length = name ? strlcpy(entry->name, name + 1, sizeof(entry->name)) : 0;
	errno = ESTALE;
	return entry->length && entry->length < sizeof(entry->name);
}

bool
places_is_shortage(int error)
{
	return error == ENOMEM || error == EMFILE || error == ENFILE;
}

/* Why a folder that is there is at no place: it has gone meanwhile, unless there was a shortage. */
static int
reason(int error)
{
	return places_is_shortage(error) ? error : ESTALE;
}

/*
 * Where the folder of STEP is, in the story. *FD is the folder or -1, and becomes its parent or -1.
 * False with errno.
 */
static bool
climb(struct places *places, int mount_fd, int *fd, struct step *step)
{
	struct place_entry *in = &step->in;
	int folder = *fd < 0 ? handle_open(mount_fd, &step->handle) : *fd, error = errno;
	int parent = folder < 0 ? -1 : openat(folder, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
	bool outside = folder >= 0 && parent < 0 && errno == ENOENT; /* of what is mounted */
	bool asked, is_top, known;

	if (folder >= 0 && parent < 0)
		error = outside ? EXDEV : reason(errno);
	asked = parent >= 0
		&& handle_of(parent, "", step->handle.file_system, in->bytes, &in->dir) == 0;
	is_top = asked && handle_equal(&in->dir, &step->handle);
	known = asked && !is_top && ask_name(folder, parent, in);
	if (is_top)
		error = EXDEV; /* the file system's own root, and the mount's is another */
	else if (parent >= 0 && !known)
		error = reason(errno);
	*fd = known ? parent : -1;
	if (folder >= 0)
		close(folder);
	if (!known && parent >= 0)
		close(parent);
	if (!is_top && places->ahead
	    && places->ahead(&step->handle, !known && !outside, in, places->context)) {
		if (*fd >= 0)
			close(*fd);
		*fd = -1;
		return true;
	}
	errno = error;
	return known;
}

/* Opens the root of MOUNT, if it is still there. */
static int
open_mount(const struct place_mount *mount)
{
	int fd = open(mount->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK);
	uint64_t file_system;

	if (fd >= 0
	    && (handle_file_system(fd, &file_system) < 0 || file_system != mount->file_system)) {
		close(fd);
		errno = ENODEV;
		return -1;
	}
	if (fd < 0 && errno == ENOENT)
		errno = ENODEV;
	return fd;
}

bool
places_is_at(const struct place *place, const char *path)
{
	int fd = open(*path ? path : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	unsigned char bytes[HANDLE_MAX];
	uint64_t file_system;
	struct handle there;
	bool is = fd >= 0 && handle_file_system(fd, &file_system) == 0
		  && handle_of(fd, "", file_system, bytes, &there) == 0
		  && handle_equal(&there, &place->handle);

	if (fd >= 0)
		close(fd);
	return is;
}

static void
set_handle(struct step *step, const struct handle *handle)
{
	memcpy(step->bytes, handle->bytes, handle->length);
	step->handle = *handle;
}

/* Adds the folders that were climbed, from the highest down: the place of the lowest. */
static struct place *
descend(struct places *places, struct place *place)
{
	size_t count = places->climbed.length / sizeof(struct step);

	while (count--) {
		struct step *step = (struct step *)(void *)places->climbed.data + count;

		step->handle.bytes = step->bytes;
		place = add_place(places, &step->handle, place, step->in.name, step->in.length);
	}
	return place;
}

static struct place *
ask_through(struct places *places, const struct place_mount *mount, const struct handle *handle)
{
	int mount_fd = open_mount(mount), fd = -1, error;
	struct place *place = NULL;
	struct step step;

	places->climbed.length = 0;
	if (mount_fd >= 0)
		set_handle(&step, handle);
	while (mount_fd >= 0 && !place) {
		step.handle.bytes = step.bytes;
		if (!climb(places, mount_fd, &fd, &step))
			break;
		buffer_add(&places->climbed, (const char *)&step, sizeof(step));
		place = lookup(places, &step.in.dir);
		set_handle(&step, &step.in.dir);
	}
	error = errno;
	if (fd >= 0)
		close(fd);
	if (mount_fd >= 0)
		close(mount_fd);
	errno = error;
	return place ? descend(places, place) : NULL;
}

/* What lies outside of what one mount shows of a file system may be in another. */
static struct place *
ask(struct places *places, const struct handle *handle)
{
	struct place *place = NULL;
	bool outside = false;

	errno = ENODEV;
	for (size_t i = 0; i < places->mount_count && !place; i++) {
		if (places->mounts[i].over || places->mounts[i].file_system != handle->file_system)
			continue;
		place = ask_through(places, &places->mounts[i], handle);
		outside |= !place && errno == EXDEV;
		if (!place && errno != EXDEV && errno != ENODEV)
			return NULL;
	}
	if (outside)
		errno = EXDEV;
	return place;
}

struct place *
places_find(struct places *places, const struct handle *handle)
{
	struct place *place;

	if (places->last && handle_equal(&places->last->handle, handle))
		return places->last;
	place = lookup(places, handle);
	if (!place)
		return ask(places, handle);
	touch(places, place);
	return place;
}

/* ---- the story ---- */

/* What is told by a path of its own no longer is at that, if it is below PLACE. */
static void
unlabel_below(struct places *places, const struct place *place)
{
	struct place *labelled;

	TAILQ_FOREACH(labelled, &places->used, use)
	if (labelled->label && labelled->parent && place_is_below(labelled, place))
		places_unlabel(places, labelled);
}

static void
note_move(struct places *places, struct place *place)
{
	if (place->moved_in == places->story && !place->unsure) {
		place->unsure = true;
		places->unsure++;
	}
	place->moved_in = places->story;
}

static struct place *
first_unsure(const struct places *places)
{
	struct place *place;

	TAILQ_FOREACH(place, &places->used, use)
	if (place->unsure)
		return place;
	return NULL;
}

void
places_told(struct places *places)
{
	struct place *place;

	places->story++;
	if (!places->unsure)
		return;
	places->unsure = 0;
	places->last = NULL;
	/* Asking adds and forgets places: each time the list is another one. */
	while ((place = first_unsure(places))) {
		place->unsure = false;
		places_settle(places, place);
	}
}

void
places_put(struct places *places, const struct handle *handle, struct place *parent,
	   const char *name, size_t length)
{
	struct place *place = lookup(places, handle);

	if (!place) {
		note_move(places, add_place(places, handle, parent, name, length));
		return;
	}
	if (place->parent == parent && place->name_length == length
	    && !memcmp(place->name, name, length))
		return;
	/* A place that is above its new parent is nothing that can happen. */
	if (!place->parent || place_is_below(parent, place))
		return;
	unlabel_below(places, place);
	note_move(places, place);
	set_name(place, name, length);
	set_parent(place, parent);
	touch(places, place);
	places->last = NULL;
}

const char *
places_path(struct places *places, struct place *place, size_t *length)
{
	const struct place *top = place, *at;
	size_t size = 0, label;

	if (places->last == place) {
		*length = places->path.length;
		return places->path.data;
	}
	for (; !top->label; top = top->parent)
		size += top->name_length + 1;
	label = strlen(top->label);
	places->path.length = 0;
	buffer_add(&places->path, top->label, label);
	memset(buffer_reserve(&places->path, size + 1), '/', size);
	places->path.length += size;
	size += label;
	for (at = place; at != top; at = at->parent) {
		size -= at->name_length + 1;
		memcpy(places->path.data + size, at->name, at->name_length);
	}
	places->last = place;
	*length = places->path.length;
	return buffer_string(&places->path);
}

/* ---- tops and labels ---- */

static void
set_label(struct places *places, struct place *place, const char *label)
{
	free(place->label);
	place->label = memory_string(label);
	place->pinned = true;
	places->last = NULL;
}

struct place_mount *
places_mount_of(const struct places *places, uint64_t file_system)
{
	for (size_t i = 0; i < places->mount_count; i++)
		if (places->mounts[i].file_system == file_system)
			return &places->mounts[i];
	return NULL;
}

void
places_move_mount(struct places *places, struct place_mount *mount, const char *path)
{
	struct buffer label = { 0 };
	char *before = mount->path;

	mount->path = memory_string(path);
	free(before);
	path = mount->path;
	buffer_text(&label, path);
	if (strcmp(path, "/") != 0)
		buffer_byte(&label, '/');
	set_label(places, mount->top, buffer_string(&label));
	buffer_done(&label);
}

struct place_mount *
places_mount(struct places *places, uint64_t file_system, const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct place_mount *mount;
	unsigned char bytes[HANDLE_MAX];
	struct handle handle;

	if (fd < 0 || handle_of(fd, "", file_system, bytes, &handle) < 0) {
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	close(fd);
	places->mounts =
		memory_resize(places->mounts, places->mount_count + 1, sizeof(*places->mounts));
	mount = &places->mounts[places->mount_count++];
	*mount = (struct place_mount){ .file_system = file_system };
	mount->top = lookup(places, &handle);
	if (!mount->top)
		mount->top = add_place(places, &handle, NULL, "", 0);
	if (mount->top->label)
		mount->path = memory_string(path);
	else
		places_move_mount(places, mount, path);
	return mount;
}

/* The place that PLACE is in, and its entry there into STEP, by what MOUNT shows; NULL: that shows none. */
static struct place *
find_parent(struct places *places, const struct place_mount *mount, const struct place *place,
	    struct step *step)
{
	int mount_fd = open_mount(mount), fd = -1;
	struct place *parent = NULL;

	if (mount_fd < 0)
		return NULL;
	set_handle(step, &place->handle);
	step->handle.bytes = step->bytes;
	if (climb(places, mount_fd, &fd, step))
		parent = places_find(places, &step->in.dir);
	if (fd >= 0)
		close(fd);
	close(mount_fd);
	return parent;
}

void
places_settle(struct places *places, struct place *place)
{
	struct place *parent = NULL;
	struct step step;

	for (size_t i = 0; i < places->mount_count && !parent; i++) {
		const struct place_mount *mount = &places->mounts[i];

		if (!mount->over && mount->top != place
		    && mount->file_system == place->handle.file_system)
			parent = find_parent(places, mount, place, &step);
	}
	if (!parent || place_is_below(parent, place))
		return;
	set_name(place, step.in.name, step.in.length);
	set_parent(place, parent);
}

struct place *
places_label(struct places *places, const struct handle *handle, const char *label)
{
	struct place *place = lookup(places, handle);

	if (!place)
		place = add_place(places, handle, NULL, "", 0);
	set_label(places, place, label);
	if (!place->parent)
		places_settle(places, place);
	return place;
}

void
places_unlabel(struct places *places, struct place *place)
{
	if (!place->parent)
		return;
	free(place->label);
	place->label = NULL;
	places->last = NULL;
}

void
places_forget(struct places *places)
{
	struct place *place;

	TAILQ_FOREACH(place, &places->used, use)
	if (place->pinned)
		set_parent(place, NULL);
	/* Leaves are last: each that goes makes its parent one. */
	trim(places, 0);
	places->last = NULL;
}

void
places_close(struct places *places)
{
	struct place *place, *before;

	TAILQ_FOREACH_REVERSE_SAFE(place, &places->used, place_list, use, before)
	remove_place(places, place);
	for (size_t i = 0; i < places->mount_count; i++) {
		free(places->mounts[i].path);
		free(places->mounts[i].root);
	}
	free(places->mounts);
	free(places->chains);
	buffer_done(&places->path);
	buffer_done(&places->climbed);
	*places = (struct places){ 0 };
}
