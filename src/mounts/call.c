/* SPDX-License-Identifier: MIT */
#include "mounts/call.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/mount.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "kernel/mount.h"
#include "kernel/status.h"
#include "memory.h"
#include "mounts/current.h"
#include "mounts/dress.h"
#include "mounts/stage.h"
#include "mounts/table.h"

/* What the kernel takes of a list of options, a page with its NUL; more it cuts off without a word. */
enum { LONGEST_DATA = 4095 };

/* The flags of mount(2) that stand for these MOUNT_ATTR_... */
static uint64_t
flags_of(uint64_t attributes)
{
	static const struct {
		uint64_t attribute, flag;
	} bits[] = {
		{ MOUNT_ATTR_RDONLY, MS_RDONLY },
		{ MOUNT_ATTR_NOSUID, MS_NOSUID },
		{ MOUNT_ATTR_NODEV, MS_NODEV },
		{ MOUNT_ATTR_NOEXEC, MS_NOEXEC },
		{ MOUNT_ATTR_NOATIME, MS_NOATIME },
		{ MOUNT_ATTR_STRICTATIME, MS_STRICTATIME },
		{ MOUNT_ATTR_NODIRATIME, MS_NODIRATIME },
		{ MOUNT_ATTR_NOSYMFOLLOW, MS_NOSYMFOLLOW },
	};
	uint64_t flags = attributes & MOUNT_ATTR__ATIME ? 0 : MS_RELATIME;

	for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++)
		if (attributes & bits[i].attribute)
			flags |= bits[i].flag;
	return flags;
}

/* Where the kernel finds the open FD again; without /proc, PATH. */
static const char *
name_of(int fd, const char *path, char name[DESTINATION_NAME_SIZE])
{
	destination_name(fd, name);
	return access(name, F_OK) == 0 ? name : path;
}

/* ---- attributes, after the fact ---- */

static int
change_one(const char *path, uint64_t attributes)
{
	return mount_call(NULL, path, NULL, MS_REMOUNT | MS_BIND | flags_of(attributes), NULL);
}

/* What MOUNT is to have, as one below the mount that is changed. */
static uint64_t
wanted_below(const struct words *words, const struct mountinfo *mount)
{
	struct words current = { 0 };

	current_parse(mount->options, "", &current);
	return current_merge(current.own.set, &words->all);
}

static bool
has_all(const struct words *words, const struct mountinfo *mount)
{
	struct words current = { 0 };

	current_parse(mount->options, "", &current);
	return current_merge(current.own.set, &words->all) == current.own.set;
}

/*
 * Changes all below the mount ID; what cannot be reached by its name, since something lies over it, is
 * found out when the table is read again: never silently less than all.
 */
static int
change_below(const struct words *words, int id, struct trouble *trouble)
{
	struct table table;
	int result = 0;

	if (table_read(&table) < 0)
		return trouble_at(trouble, TROUBLE_VERIFY, NULL);
	for (size_t i = 0; i < table.count && result == 0; i++) {
		const struct mountinfo *mount = &table.mounts[i];

		if (mount->id == id || !table_is_below(&table, mount, id) || has_all(words, mount))
			continue;
		if (change_one(mount->target, wanted_below(words, mount)) < 0)
			result = trouble_at(trouble, TROUBLE_ATTRIBUTES, mount->target);
	}
	table_done(&table);
	if (result < 0)
		return -1;
	if (table_read(&table) < 0)
		return trouble_at(trouble, TROUBLE_VERIFY, NULL);
	for (size_t i = 0; i < table.count && result == 0; i++)
		if (table.mounts[i].id != id && table_is_below(&table, &table.mounts[i], id)
		    && !has_all(words, &table.mounts[i])) {
			errno = EBUSY;
			result = trouble_at(trouble, TROUBLE_VERIFY, table.mounts[i].target);
		}
	table_done(&table);
	return result;
}

/*
 * Gives the mount whose root FD is, at PATH, these ATTRIBUTES, and what is below it what the words say
 * of that.
 */
static int
set_attributes(const struct words *words, uint64_t attributes, int fd, const char *path,
	       struct trouble *trouble)
{
	char name[DESTINATION_NAME_SIZE];
	struct status status;

	if (status_at(fd, "", false, &status) < 0
	    || change_one(name_of(fd, path, name), attributes) < 0)
		return trouble_at(trouble, TROUBLE_ATTRIBUTES, NULL);
	if (!words->all.set && !words->all.clear)
		return 0;
	return change_below(words, status.mount, trouble);
}

int
call_attributes(const struct words *words, int fd, const char *path, struct trouble *trouble)
{
	struct words current = { 0 };

	if (current_read(fd, &current) < 0)
		return trouble_at(trouble, TROUBLE_ATTRIBUTES, NULL);
	return set_attributes(words, current_wanted(current.own.set, words), fd, path, trouble);
}

int
call_propagate(int fd, const char *path, uint64_t propagation)
{
	char name[DESTINATION_NAME_SIZE];

	return mount_call(NULL, name_of(fd, path, name), NULL, propagation, NULL);
}

/* ---- mounting ---- */

/* The absolute path of the open FD as it is now, to be freed; NULL: there is no /proc. */
static char *
path_of(int fd)
{
	char name[DESTINATION_NAME_SIZE], found[PATH_MAX];
	ssize_t length;

	destination_name(fd, name);
	length = readlink(name, found, sizeof(found) - 1);
	if (length <= 0 || found[0] != '/')
		return NULL;
	found[length] = '\0';
	return memory_string(found);
}

/* Whether NOW is in another mount than BEFORE; where nobody tells, it has to be something else. */
static bool
is_other(const struct status *before, const struct status *now)
{
	if (before->mount || now->mount)
		return before->mount != now->mount;
	return before->device != now->device || before->inode != now->inode;
}

/* Opens the root of what has just been mounted at TARGET, and makes sure that it is that. -1 with errno. */
static int
open_mounted(const struct attach *wish, const struct destination *target)
{
	char *path = path_of(target->fd);
	int fd = open(path ? path : target->path, O_PATH | O_CLOEXEC | (path ? O_NOFOLLOW : 0));
	struct status before, now, source;
	bool is_it;

	free(path);
	if (fd < 0)
		return -1;
	is_it = status_at(target->fd, "", false, &before) == 0
		&& status_at(fd, "", false, &now) == 0 && is_other(&before, &now)
		&& now.root != STATUS_IS_NO_ROOT;
	if (is_it && wish->words->operation == WORDS_BIND)
		is_it = status_at(AT_FDCWD, wish->source, true, &source) == 0
			&& source.device == now.device && source.inode == now.inode;
	if (is_it)
		return fd;
	close(fd);
	errno = ESTALE;
	return -1;
}

void
call_undo(const struct attach *wish, int fd, const char *path)
{
	int error = errno;
	char name[DESTINATION_NAME_SIZE];
	const char *place = fd >= 0 ? name_of(fd, path, name) : path;

	if (wish->words->operation == WORDS_MOVE) {
		mount_call(place, wish->source, NULL, MS_MOVE, NULL);
		errno = error;
		return;
	}
	/* What is mounted in the original of a copy is to stay there. */
	if (wish->words->operation == WORDS_BIND)
		mount_propagate(place, MOUNT_SLAVE);
	mount_detach(place);
	errno = error;
}

/*
 * The same where its root could not be opened: what is on top there, if something has come. The links of the
 * path that was given may lead elsewhere by now.
 */
static void
undo_unseen(const struct attach *wish, const struct destination *target)
{
	char *path = path_of(target->fd);
	const char *place = path ? path : target->path;
	struct status before, now;

	if (status_at(target->fd, "", false, &before) < 0
	    || status_at(AT_FDCWD, place, false, &now) < 0
	    || (is_other(&before, &now) && now.root != STATUS_IS_NO_ROOT))
		call_undo(wish, -1, place);
	free(path);
}

static int
make(const struct attach *wish, const char *place, uint64_t flags, struct trouble *trouble)
{
	bool is_overlay = !strcmp(wish->type, "overlay");
	struct buffer data = { 0 };
	const char *key, *text;
	int result = -1;

	errno = EINVAL;
	if (words_data(wish->words, is_overlay, &data, &key) < 0) {
		trouble_at(trouble, TROUBLE_OPTION, key);
	} else if (data.length > LONGEST_DATA) {
		errno = E2BIG;
		trouble_at(trouble, TROUBLE_CALL, NULL);
	} else {
		text = data.length ? buffer_string(&data) : NULL;
		result = mount_call(wish->source ? wish->source : "none", place, wish->type, flags,
				    text);
		if (result < 0)
			trouble_at(trouble, TROUBLE_CALL, NULL);
	}
	buffer_done(&data);
	return result;
}

/* A new file system. Its flags are those of the mount and of the superblock at once. */
static int
make_new(const struct attach *wish, const char *place, bool read_only, struct trouble *trouble)
{
	const struct words *words = wish->words;
	uint64_t attributes = current_wanted(0, words) | (read_only ? MOUNT_ATTR_RDONLY : 0);
	uint64_t flags = words->flags.set | (read_only ? MS_RDONLY : 0);

	return make(wish, place, (flags_of(attributes) & ~(uint64_t)MS_RDONLY) | flags, trouble);
}

static int
make_bind(const struct attach *wish, const char *place, struct trouble *trouble)
{
	uint64_t flags = MS_BIND | (wish->words->is_recursive ? MS_REC : 0);

	if (mount_call(wish->source, place, NULL, flags, NULL) < 0)
		return trouble_at(trouble, TROUBLE_CALL, NULL);
	return 0;
}

/* What could not be said when it was mounted. */
static int
set_later(const struct words *words, int fd, const char *path, struct trouble *trouble)
{
	if (words->operation == WORDS_BIND)
		return call_attributes(words, fd, path, trouble);
	return set_attributes(words, current_wanted(0, words), fd, path, trouble);
}

/* Whether WORDS say something of the mount that mount(2) does in a second step alone. */
static bool
has_later(const struct words *words, bool read_only)
{
	bool mount = (current_wanted(0, words) & MOUNT_ATTR_RDONLY) || read_only;
	bool super = (words->flags.set & MS_RDONLY) || read_only;

	if (words->operation == WORDS_BIND)
		return words_has_attributes(words);
	return words->operation == WORDS_MOUNT && mount != super;
}

/*
 * What is mounted in a shared mount is in its copies at once, and the second step does not reach those:
 * what it forbids would be allowed there for ever.
 */
static bool
would_be_lax(const struct words *words, const struct destination *target)
{
	static const uint64_t forbids = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV
					| MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW;

	return (words->own.set | words->all.set) & forbids && current_is_shared(target->fd);
}

static int
make_at(const struct attach *wish, const char *place, bool read_only, struct trouble *trouble)
{
	switch (wish->words->operation) {
	case WORDS_MOVE:
		if (mount_call(wish->source, place, NULL, MS_MOVE, NULL) < 0)
			return trouble_at(trouble, TROUBLE_CALL, NULL);
		return 0;
	case WORDS_BIND:
		return make_bind(wish, place, trouble);
	case WORDS_MOUNT:
	default:
		return make_new(wish, place, read_only, trouble);
	}
}

/* The owner first: what is read-only gets none. FD stays open. */
static int
complete(const struct attach *wish, int fd, bool later, const char *path, struct trouble *trouble)
{
	const struct words *words = wish->words;
	int copy;

	if (words->owner || words->group || words->has_mode) {
		copy = dress(wish, fcntl(fd, F_DUPFD_CLOEXEC, 0), trouble);
		if (copy < 0)
			return -1;
		close(copy);
	}
	return later ? set_later(words, fd, path, trouble) : 0;
}

/* What is to be done in a second step, LATER, is so at TARGET, where it can be seen. */
static int
mount_here(const struct attach *wish, const struct destination *target, bool read_only, bool later,
	   struct trouble *trouble)
{
	char name[DESTINATION_NAME_SIZE];
	int fd;

	if (make_at(wish, name_of(target->fd, target->path, name), read_only, trouble) < 0)
		return -1;
	fd = open_mounted(wish, target);
	if (fd < 0)
		trouble_at(trouble, TROUBLE_ATTRIBUTES, NULL);
	if (fd >= 0 && complete(wish, fd, later, target->path, trouble) == 0)
		return fd;
	if (fd >= 0)
		call_undo(wish, fd, target->path);
	else
		undo_unseen(wish, target);
	file_close(fd);
	errno = trouble->error;
	return -1;
}

/* Moves the mount FD, which is closed if that fails, from its STAGE to TARGET. */
static int
move_there(const struct attach *wish, int fd, const struct stage *stage,
	   const struct destination *target, struct trouble *trouble)
{
	char from[DESTINATION_NAME_SIZE], to[DESTINATION_NAME_SIZE];

	if (mount_call(name_of(fd, stage->place.path, from), name_of(target->fd, target->path, to),
		       NULL, MS_MOVE, NULL)
	    == 0)
		return fd;
	trouble_at(trouble, TROUBLE_PLACE, NULL);
	call_undo(wish, fd, stage->place.path);
	file_close(fd);
	return -1;
}

/* Both steps are done elsewhere. */
static int
mount_whole(const struct attach *wish, const struct destination *target, bool read_only,
	    struct trouble *trouble)
{
	struct status status;
	struct stage stage;
	int fd;

	if (status_at(target->fd, "", false, &status) < 0
	    || stage_open(&stage, S_ISDIR(status.mode)) < 0) {
		errno = EXDEV;
		return trouble_at(trouble, TROUBLE_SHARED, NULL);
	}
	fd = mount_here(wish, &stage.place, read_only, true, trouble);
	if (fd >= 0)
		fd = move_there(wish, fd, &stage, target, trouble);
	stage_close(&stage);
	return fd;
}

int
call_mount(const struct attach *wish, const struct destination *target, bool read_only,
	   struct trouble *trouble)
{
	bool later = has_later(wish->words, read_only);

	if (later && would_be_lax(wish->words, target))
		return mount_whole(wish, target, read_only, trouble);
	return mount_here(wish, target, read_only, later, trouble);
}

/* ---- changing ---- */

int
call_change(const struct attach *wish, const struct destination *target, struct trouble *trouble)
{
	const struct words *words = wish->words;
	struct words current = { 0 };
	char name[DESTINATION_NAME_SIZE];
	const char *place = name_of(target->fd, target->path, name);
	struct buffer data = { 0 };
	uint64_t flags, attributes;
	const char *key;
	int result;

	if (current_read(target->fd, &current) < 0)
		return trouble_at(trouble, TROUBLE_PICK, NULL);
	errno = EINVAL;
	if (words_data(words, false, &data, &key) < 0) {
		buffer_done(&data);
		return trouble_at(trouble, TROUBLE_OPTION, key);
	}
	attributes = current_wanted(current.own.set, words);
	flags = current_merge(current.flags.set, &words->flags);
	result = mount_call(NULL, place, NULL,
			    MS_REMOUNT | (flags_of(attributes) & ~(uint64_t)MS_RDONLY) | flags,
			    data.length ? buffer_string(&data) : NULL);
	buffer_done(&data);
	if (result < 0)
		return trouble_at(trouble, TROUBLE_CALL, NULL);
	/* It has made the mount what the superblock is to be. */
	if (!(attributes & MOUNT_ATTR_RDONLY) != !(flags & MS_RDONLY) || words->all.set
	    || words->all.clear)
		return set_attributes(words, attributes, target->fd, target->path, trouble);
	return 0;
}
