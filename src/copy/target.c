/* SPDX-License-Identifier: MIT */
#include "copy/target.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "hash.h"
#include "kernel/compat.h"
#include "kernel/entry.h"
#include "kernel/timerfd.h"
#include "memory.h"

enum {
	TRIES = 100, /* of names that others may have */
	SUFFIX = 8,  /* letters and digits of a name that nobody has */
};

/* ---- what has to be removed if this process ends ---- */

/* Of a target's temporary name. */
enum state {
	STATE_NONE,
	STATE_MAKING, /* it may be there, or not yet */
	STATE_MADE,
};

/* A temporary name, where that is: as whoever ends this process finds it, whatever becomes of its target. */
struct unfinished {
	int is_taken;
	int state;
	pthread_t thread;
	int folder;
	char name[NAME_MAX + 1];
};

static struct unfinished all_unfinished[TARGETS_MOST];
static volatile bool is_ending;

/* What is being removed is no error. */
static void
wait_if_ending(void)
{
	while (__atomic_load_n(&is_ending, __ATOMIC_SEQ_CST))
		pause();
}

static struct unfinished *
find_room(void)
{
	for (int i = 0; i < TARGETS_MOST; i++) {
		int none = 0;

		if (__atomic_compare_exchange_n(&all_unfinished[i].is_taken, &none, 1, false,
						__ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
			return &all_unfinished[i];
	}
	return NULL;
}

/* From now on TARGET's temporary name may be there. */
static void
remember(struct target *target)
{
	struct unfinished *unfinished = target->unfinished = find_room();

	/* What was there before may be just being read. */
	wait_if_ending();
	if (!unfinished)
		return;
	unfinished->thread = pthread_self();
	unfinished->folder = target->folder;
	memcpy(unfinished->name, target->temporary, sizeof(unfinished->name));
	__atomic_store_n(&unfinished->state, STATE_MAKING, __ATOMIC_SEQ_CST);
	/* Whoever ends this process has seen it, or is seen. */
	while (__atomic_load_n(&is_ending, __ATOMIC_SEQ_CST)) {
		__atomic_store_n(&unfinished->state, STATE_NONE, __ATOMIC_SEQ_CST);
		pause();
	}
}

static void
has_made(const struct target *target)
{
	if (target->unfinished)
		__atomic_store_n(&target->unfinished->state, STATE_MADE, __ATOMIC_SEQ_CST);
}

static void
forget(struct target *target)
{
	struct unfinished *unfinished = target->unfinished;

	target->unfinished = NULL;
	if (!unfinished)
		return;
	__atomic_store_n(&unfinished->state, STATE_NONE, __ATOMIC_SEQ_CST);
	__atomic_store_n(&unfinished->is_taken, 0, __ATOMIC_SEQ_CST);
}

/* Waits until another thread has made, or not made, what it was about to; not for ever. */
static void
await(const struct unfinished *unfinished)
{
	struct timespec step = { .tv_nsec = 1000000 };

	for (int i = 0; i < 1000 && !pthread_equal(unfinished->thread, pthread_self()); i++) {
		if (__atomic_load_n(&unfinished->state, __ATOMIC_SEQ_CST) != STATE_MAKING)
			return;
		nanosleep(&step, NULL);
	}
}

void
target_abandon_all(void)
{
	int error = errno;

	__atomic_store_n(&is_ending, true, __ATOMIC_SEQ_CST);
	for (int i = 0; i < TARGETS_MOST; i++) {
		const struct unfinished *unfinished = &all_unfinished[i];

		if (__atomic_load_n(&unfinished->state, __ATOMIC_SEQ_CST) == STATE_NONE)
			continue;
		await(unfinished);
		if (__atomic_load_n(&unfinished->state, __ATOMIC_SEQ_CST) != STATE_NONE)
			unlinkat(unfinished->folder, unfinished->name, 0);
	}
	errno = error;
}

/* ---- names ---- */

/* A number that nobody guesses: of a random one, by SplitMix64, which makes no system calls. */
static uint64_t
next_number(const struct target *target)
{
	static uint64_t state;
	uint64_t none = 0, first, number;

	if (!__atomic_load_n(&state, __ATOMIC_RELAXED)) {
		/* Early at boot there are none yet: O_EXCL is what counts. */
		if (getrandom(&first, sizeof(first), GRND_NONBLOCK) < 0)
			first = (uint64_t)timerfd_now(CLOCK_MONOTONIC) ^ (uintptr_t)target;
		__atomic_compare_exchange_n(&state, &none, first | 1, false, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED);
	}
	number = __atomic_add_fetch(&state, UINT64_C(0x9e3779b97f4a7c15), __ATOMIC_RELAXED);
	number = (number ^ number >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	number = (number ^ number >> 27) * UINT64_C(0x94d049bb133111eb);
	return number ^ number >> 31;
}

/* .NAME.butter-XXXXXXXX, of NAME as much as there is room for. */
static void
make_name(struct target *target)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz012345", mark[] = ".butter-";
	int room = NAME_MAX - 1 - (int)strlen(mark) - SUFFIX;
	int length = snprintf(target->temporary, sizeof(target->temporary), ".%.*s%s", room,
			      target->name, mark);
	uint64_t number = next_number(target);

	for (int i = 0; i < SUFFIX; i++, number /= sizeof(letters) - 1)
		target->temporary[length++] = letters[number % (sizeof(letters) - 1)];
	target->temporary[length] = '\0';
}

/* FROM becomes TO, which nothing has if ONLY_NEW. */
static int
rename_entry(int folder, const char *from, const char *to, bool only_new)
{
	if (!only_new)
		return renameat(folder, from, folder, to);
	if (entry_rename_new(folder, from, to) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -1;
	/* A file system that has not got that has the oldest way, or none. */
	if (linkat(folder, from, folder, to, 0) == 0)
		return unlinkat(folder, from, 0);
	if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS)
		return -1;
	if (faccessat(folder, to, F_OK, AT_SYMLINK_NOFOLLOW) == 0) {
		errno = EEXIST;
		return -1;
	}
	return renameat(folder, from, folder, to);
}

/* Gives what has the temporary name its own. */
static int
rename_it(const struct target *target, bool only_new)
{
	return rename_entry(target->folder, target->temporary, target->name, only_new);
}

/* ---- opening ---- */

static int
bar(struct target *target, enum target_bar why)
{
	target->bar = why;
	errno = EEXIST;
	return -1;
}

/* The file FD, which a symbolic link has led to, has its own folder and name. */
static int
find_place(struct target *target, int fd)
{
	char link[32], *slash;
	struct stat there;
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	target->path = memory_get(PATH_MAX);
	target->folder = -1; /* from now on its own */
	length = readlink(link, target->path, PATH_MAX - 1);
	slash = length > 0 ? strrchr(target->path, '/') : NULL;
	if (!slash || fstat(fd, &target->status) < 0)
		return bar(target, TARGET_IS_LINK);
	*slash = '\0';
	target->name = slash + 1;
	target->folder =
		open(slash == target->path ? "/" : target->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (target->folder < 0
	    || fstatat(target->folder, target->name, &there, AT_SYMLINK_NOFOLLOW) < 0)
		return -1;
	if (there.st_dev == target->status.st_dev && there.st_ino == target->status.st_ino)
		return 0;
	return bar(target, TARGET_IS_LINK);
}

static int
follow(struct target *target, const struct place *place)
{
	int fd = place_open_end(place, &target->status, O_PATH), result, error;

	if (fd < 0)
		return -1;
	result = find_place(target, fd);
	error = errno;
	close(fd);
	errno = error;
	return result;
}

/* The place of a link's end. */
static void
leave_place(struct target *target)
{
	int error = errno;

	if (target->path && target->folder >= 0)
		close(target->folder);
	free(target->path);
	target->path = NULL;
	errno = error;
}

static bool
is_mounted(const struct target *target)
{
	struct statx status;

	return statx(target->folder, target->name, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
		     STATX_TYPE, &status)
		       == 0
	       && status.stx_attributes & STATX_ATTR_MOUNT_ROOT;
}

/* Makes something by MAKE under a name that nobody has. -1 with errno. */
static int
make_temporary(struct target *target, int (*make)(int folder, const char *name, void *context),
	       void *context)
{
	for (int i = 0; i < TRIES; i++) {
		int result;

		make_name(target);
		remember(target);
		result = make(target->folder, target->temporary, context);
		if (result >= 0) {
			has_made(target);
			return result;
		}
		forget(target);
		if (errno != EEXIST)
			break;
	}
	*target->temporary = '\0';
	return -1;
}

static int
make_file(int folder, const char *name, void *context)
{
	return openat(folder, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC,
		      *(const mode_t *)context);
}

/* That there are no files without a name here has been found out. */
static volatile bool no_unnamed;

/* A file without a name, of which nothing is left however this process ends; -1: there is none. */
static int
open_unnamed(struct target *target, mode_t mode)
{
	if (no_unnamed)
		return -1;
	target->fd = openat(target->folder, ".", O_RDWR | O_TMPFILE | O_CLOEXEC, mode);
	if (target->fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL))
		no_unnamed = true;
	return target->fd < 0 ? -1 : 0;
}

static int
link_file(int folder, const char *name, void *context)
{
	int fd = *(const int *)context;
	char path[32];

	/* Without CAP_DAC_READ_SEARCH, before Linux 6.10, only by /proc. */
	if (linkat(fd, "", folder, name, AT_EMPTY_PATH) == 0)
		return 0;
	if (errno != ENOENT && errno != EPERM && errno != EINVAL && errno != ENOSYS)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return linkat(AT_FDCWD, path, folder, name, AT_SYMLINK_FOLLOW);
}

/* Gives the file without a name its own. */
static int
link_it(struct target *target, bool only_new)
{
	if (link_file(target->folder, target->name, &target->fd) == 0)
		return 0;
	/* What has come there meanwhile is replaced. */
	if (errno == EEXIST && !only_new) {
		if (make_temporary(target, link_file, &target->fd) < 0)
			return -1;
		return rename_it(target, false);
	}
	if (errno == ENOENT || errno == EPERM || errno == ENOSYS || errno == EXDEV
	    || errno == EOPNOTSUPP)
		target->is_nameless = no_unnamed = true;
	return -1;
}

static int
open_temporary(struct target *target, mode_t mode, enum target_way way)
{
	target->is_made = true;
	mode = target->exists ? 0600 : mode;
	if (!target->exists && way == TARGET_ANEW && open_unnamed(target, mode) == 0)
		return 0;
	target->fd = make_temporary(target, make_file, &mode);
	if (target->fd >= 0)
		return 0;
	if (target->exists && (errno == EACCES || errno == EPERM))
		return bar(target, TARGET_IS_SHUT);
	return -1;
}

/* Whether the partial copy FD is a file of this user, who alone can write it. */
static bool
is_ours(const struct stat *status)
{
	return S_ISREG(status->st_mode) && status->st_uid == geteuid() && status->st_nlink == 1
	       && !(status->st_mode & 022);
}

/* What a process that was killed has in flight keeps its lock for a moment. */
static int
lock(int fd)
{
	struct timespec moment = { .tv_nsec = 10000000 };
	int result = flock(fd, LOCK_EX | LOCK_NB);

	for (int i = 0; i < 100 && result < 0 && errno == EWOULDBLOCK; i++) {
		nanosleep(&moment, NULL);
		result = flock(fd, LOCK_EX | LOCK_NB);
	}
	return result;
}

static const char part_mark[] = ".butter-part";

bool
target_is_part_name(const char *name)
{
	size_t size = strlen(name), mark = strlen(part_mark);

	return *name == '.' && size > mark + 1 && !strcmp(name + size - mark, part_mark);
}

/* .NAME.butter-part; of a long NAME its begin and a number. */
static void
make_part_name(struct target *target)
{
	size_t size = strlen(target->name), room = NAME_MAX - 1 - strlen(part_mark);
	char number[20] = "";

	if (size > room) {
		snprintf(number, sizeof(number), "-%016" PRIx64,
			 hash_text(HASH_SEED, target->name));
		room -= strlen(number);
	}
	snprintf(target->temporary, sizeof(target->temporary), ".%.*s%s%s", (int)room, target->name,
		 number, part_mark);
}

/* Whether what has STATUS has NAME in FOLDER. */
static bool
is_at(int folder, const char *name, const struct stat *status)
{
	struct stat there;

	return fstatat(folder, name, &there, AT_SYMLINK_NOFOLLOW) == 0
	       && place_is_same(status, &there);
}

/* Whether FD, whose STATUS that is, still has the temporary name. */
static bool
has_name(const struct target *target, const struct stat *status)
{
	return is_at(target->folder, target->temporary, status);
}

/* Why it cannot be opened, errno. */
static int
bar_part(struct target *target)
{
	int error = errno;
	struct stat there;
	bool is_there =
		fstatat(target->folder, target->temporary, &there, AT_SYMLINK_NOFOLLOW) == 0;

	if (error == ELOOP || error == EISDIR || (is_there && (error == EACCES || error == EPERM)))
		return bar(target, TARGET_PART_IS_ANOTHERS);
	if (target->exists && (error == EACCES || error == EPERM))
		return bar(target, TARGET_IS_SHUT);
	errno = error;
	return -1;
}

/* Opens it, which may be there already. *IS_GONE: it has got its name just now. */
static int
open_lockable(struct target *target, bool *is_gone)
{
	int fd = openat(target->folder, target->temporary,
			O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	struct stat status;
	int error;

	*is_gone = false;
	if (fd < 0)
		return bar_part(target);
	if (fstat(fd, &status) < 0) {
		error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	if (!is_ours(&status) && has_name(target, &status))
		bar(target, TARGET_PART_IS_ANOTHERS);
	else if (lock(fd) < 0 && errno == EWOULDBLOCK)
		bar(target, TARGET_PART_IS_BUSY);
	else if (!has_name(target, &status) || fstat(fd, &status) < 0 || !is_ours(&status))
		*is_gone = true; /* or it is another's, and had no name for a moment */
	else
		return fd;
	close(fd);
	errno = EEXIST;
	return -1;
}

static bool
has_part(struct target *target)
{
	struct stat there;
	bool has;

	make_part_name(target);
	has = fstatat(target->folder, target->temporary, &there, AT_SYMLINK_NOFOLLOW) == 0;
	*target->temporary = '\0';
	return has;
}

static int
open_part(struct target *target)
{
	bool is_gone = true;

	make_part_name(target);
	target->is_made = target->is_part = true;
	for (int i = 0; i < TRIES && is_gone; i++)
		target->fd = open_lockable(target, &is_gone);
	if (is_gone)
		return bar(target, TARGET_PART_IS_BUSY);
	return target->fd < 0 ? -1 : 0;
}

static int
open_in_place(struct target *target, mode_t mode)
{
	/* Emptied later, when it is known not to be the source. */
	int flags = O_NOCTTY | (target->exists ? 0 : O_CREAT | O_EXCL)
		    | (S_ISLNK(target->status.st_mode) ? 0 : O_NOFOLLOW);

	/* To be read back, if that is allowed; a FIFO opened so would never be without a reader. */
	if (!target->exists || S_ISREG(target->status.st_mode) || S_ISBLK(target->status.st_mode))
		target->fd = openat(target->folder, target->name, O_RDWR | O_CLOEXEC | flags, mode);
	if (target->fd < 0)
		target->fd =
			openat(target->folder, target->name, O_WRONLY | O_CLOEXEC | flags, mode);
	if (target->fd < 0)
		return -1;
	/* Of a link that the user has named, the kernel has found the end. */
	if (target->exists && !S_ISLNK(target->status.st_mode)
	    && place_check(target->fd, &target->status) < 0)
		return -1;
	return fstat(target->fd, &target->status);
}

static bool
is_no_name(const char *name)
{
	return !*name || !strcmp(name, ".") || !strcmp(name, "..");
}

static int
open_it(struct target *target, mode_t mode, enum target_way way, bool unlinks)
{
	bool is_shared =
		target->exists && S_ISREG(target->status.st_mode) && target->status.st_nlink > 1;

	if ((way == TARGET_IN_PLACE && !(is_shared && unlinks))
	    || (target->exists && !S_ISREG(target->status.st_mode)))
		return open_in_place(target, mode);
	if (is_shared && !unlinks)
		return bar(target, TARGET_HAS_LINKS);
	if (target->exists && is_mounted(target))
		return bar(target, TARGET_IS_MOUNTED);
	if (way == TARGET_PART_THAT_IS)
		way = has_part(target) ? TARGET_PART : TARGET_ANEW;
	return way == TARGET_PART ? open_part(target) : open_temporary(target, mode, way);
}

int
target_open(struct target *target, const struct place *place, mode_t mode, enum target_way way,
	    bool unlinks)
{
	int state;

	*target = (struct target){ .folder = place->folder,
				   .name = place->name,
				   .fd = -1,
				   .tells_late = place->tells_late,
				   .is_synced = place->is_synced };
	if (is_no_name(place->name)) {
		errno = *place->name ? EISDIR : ENOENT;
		return -1;
	}
	state = place_look(place, &target->status);
	if (state < 0)
		return -1;
	target->exists = state == PLACE_IS_TAKEN;
	if ((state == PLACE_IS_FOREIGN && way == TARGET_IN_PLACE)
	    || (place->is_new && way == TARGET_PART_THAT_IS))
		way = TARGET_ANEW;
	if (target->exists && S_ISLNK(target->status.st_mode)
	    && (way != TARGET_IN_PLACE || place->links != PLACE_FOLLOWS)
	    && follow(target, place) < 0)
		return -1;
	return open_it(target, mode, way, unlinks);
}

/* ---- finishing ---- */

static int
sync_folder(const struct target *target)
{
	int fd = openat(target->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), result, error;

	if (fd < 0)
		return -1;
	result = fsync(fd);
	error = errno;
	close(fd);
	errno = error;
	return result;
}

/* Of devices that keep nothing, and pipes, there is nothing to wait for. */
static int
sync_file(int fd)
{
	return fsync(fd) < 0 && errno != EINVAL && errno != EROFS ? -1 : 0;
}

/* Does what close(2) does, and tells what that tells: it comes too late for what has its name. */
static int
flush(int fd)
{
	int other = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	return other < 0 || (close(other) < 0 && errno != EINTR) ? -1 : 0;
}

static int
close_it(struct target *target)
{
	int result = close(target->fd);

	target->fd = -1;
	return result < 0 && errno != EINTR ? -1 : 0;
}

static int
finish_unnamed(struct target *target, bool only_new)
{
	return target->tells_late && flush(target->fd) < 0 ? -1 : link_it(target, only_new);
}

static int
finish_named(struct target *target, bool only_new)
{
	/* What was a part has been flushed, and is to be synchronized yet. */
	if (!target->was_part && close_it(target) < 0)
		return -1;
	return *target->temporary ? rename_it(target, only_new) : 0;
}

/* It has its name. */
static int
sync_name(struct target *target)
{
	/* Of what was a part the content was there before. */
	if (target->was_part && sync_file(target->fd) < 0)
		return -1;
	/* Where a link has led to another folder, nobody else waits for that. */
	return target->is_synced && !target->path ? 0 : sync_folder(target);
}

struct part_entry {
	char name[NAME_MAX + 1];
	int fd;
};

/* What has the part's name becomes NAME, if that is the part; else it stays: somebody has put it there. */
static int
rename_part(int folder, const char *name, void *context)
{
	const struct part_entry *part = context;
	struct stat status;

	if (rename_entry(folder, part->name, name, true) < 0)
		return -1;
	if (fstat(part->fd, &status) == 0 && is_at(folder, name, &status))
		return 0;
	rename_entry(folder, name, part->name, true);
	errno = ENOENT;
	return -1;
}

/* It gets a name that nobody looks for. */
static int
rename_away(struct target *target)
{
	struct part_entry part = { .fd = target->fd };

	memcpy(part.name, target->temporary, sizeof(part.name));
	if (make_temporary(target, rename_part, &part) == 0) {
		target->is_part = false;
		target->was_part = true;
		return 0;
	}
	memcpy(target->temporary, part.name, sizeof(part.name));
	return errno == ENOENT ? bar(target, TARGET_PART_IS_GONE) : -1;
}

int
target_take(struct target *target)
{
	return target->tells_late && flush(target->fd) < 0 ? -1 : rename_away(target);
}

int
target_finish(struct target *target, bool sync, bool only_new)
{
	bool is_unnamed = target->is_made && !*target->temporary;
	int result = 0, error;

	if ((sync && !target->was_part && sync_file(target->fd) < 0)
	    || (is_unnamed ? finish_unnamed : finish_named)(target, only_new) < 0) {
		wait_if_ending();
		target_abandon(target, false);
		return -1;
	}
	forget(target);
	if (sync && (target->is_made || !target->exists))
		result = sync_name(target) < 0;
	error = errno;
	if (target->fd >= 0)
		close_it(target);
	leave_place(target);
	errno = error;
	return result;
}

void
target_abandon(struct target *target, bool keeps_part)
{
	int error = errno;
	struct stat status;
	bool is_empty = target->fd >= 0 && !target->exists && !target->is_made
			&& fstat(target->fd, &status) == 0 && S_ISREG(status.st_mode)
			&& !status.st_size;

	/* Who waits for its lock sees that it has no name. */
	if (*target->temporary && (!target->is_part || (!keeps_part && rename_away(target) == 0)))
		unlinkat(target->folder, target->temporary, 0);
	/* What was made to be written in place, and was not. */
	if (is_empty)
		unlinkat(target->folder, target->name, 0);
	if (target->fd >= 0)
		close(target->fd);
	target->fd = -1;
	forget(target);
	leave_place(target);
	errno = error;
}

/* ---- what is no file ---- */

int
target_make(const struct place *place, bool only_new,
	    int (*make)(int folder, const char *name, void *context),
	    int (*complete)(int folder, const char *name, void *context), void *context)
{
	struct target target = { .folder = place->folder, .name = place->name, .fd = -1 };
	struct stat there;

	/* What has no content is there as a whole, at once. */
	if (!complete && make(place->folder, place->name, context) == 0)
		return 0;
	if (!complete && (errno != EEXIST || only_new))
		return -1;
	if (fstatat(place->folder, place->name, &there, AT_SYMLINK_NOFOLLOW) == 0
	    && S_ISDIR(there.st_mode)) {
		errno = EISDIR;
		return -1;
	}
	if (make_temporary(&target, make, context) < 0)
		return -1;
	if ((complete && complete(place->folder, target.temporary, context) < 0)
	    || rename_it(&target, only_new) < 0) {
		wait_if_ending();
		target_abandon(&target, false);
		return -1;
	}
	/* Of two names of one file rename(2) removes none. */
	if (!complete)
		unlinkat(place->folder, target.temporary, 0);
	forget(&target);
	return 0;
}
