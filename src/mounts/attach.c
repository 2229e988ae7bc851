/* SPDX-License-Identifier: MIT */
#include "mounts/attach.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file.h"
#include "kernel/capability.h"
#include "kernel/kmsg.h"
#include "kernel/mountfd.h"
#include "kernel/namespace.h"
#include "kernel/status.h"
#include "mounts/call.h"
#include "mounts/current.h"
#include "mounts/destination.h"
#include "mounts/dmesg.h"
#include "mounts/dress.h"
#include "mounts/fresh.h"
#include "mounts/restore.h"

/*
 * Whether a newer call has failed since it is not to be had: by the kernel's age, or by a filter of a
 * container.
 */
static bool
is_refused(int error)
{
	return error == ENOSYS || (error == EPERM && capability_have(CAP_SYS_ADMIN));
}

/*
 * The same for what TROUBLE says, as far as WISH may be something that only newer kernels do by these
 * calls: EINVAL is all that the others say.
 */
static bool
is_worth_a_call(const struct attach *wish, const struct trouble *trouble)
{
	if (is_refused(trouble->error))
		return true;
	return trouble->error == EINVAL && !trouble->is_known
	       && (trouble->stage == TROUBLE_ATTRIBUTES || fresh_is_new_to_some(wish));
}

/* ---- the newer calls ---- */

/* One kind of them. */
static int
change_bits(int fd, const struct words_bits *bits, bool recursive, struct trouble *trouble)
{
	if ((bits->set || bits->clear) && mountfd_change(fd, bits->set, bits->clear, recursive) < 0)
		return trouble_at(trouble, TROUBLE_ATTRIBUTES, NULL);
	return 0;
}

/*
 * What the mount itself is to have comes first, since that can be changed back; but for words that it
 * has against those for all below.
 */
static int
change_attributes(const struct words *words, int fd, struct trouble *trouble)
{
	const struct words_bits *own = &words->own, *all = &words->all;
	bool is_against = (own->set | own->clear) & (all->set | all->clear);

	if (!is_against && change_bits(fd, own, false, trouble) < 0)
		return -1;
	if (change_bits(fd, all, true, trouble) < 0)
		return -1;
	return is_against ? change_bits(fd, own, false, trouble) : 0;
}

/* What is to be placed: a new mount that is nowhere yet, or the one that is to be moved. */
static int
get_mount(const struct attach *wish, bool read_only, struct trouble *trouble)
{
	const struct words *words = wish->words;
	int fd;

	switch (words->operation) {
	case WORDS_MOVE:
		fd = open(wish->source, O_PATH | O_CLOEXEC);
		return fd < 0 ? trouble_at(trouble, TROUBLE_MOVE, NULL) : fd;
	case WORDS_BIND:
		fd = mountfd_clone(AT_FDCWD, wish->source, words->is_recursive);
		return fd < 0 ? trouble_at(trouble, TROUBLE_COPY, NULL) : fd;
	case WORDS_MOUNT:
	default:
		return fresh_mount(wish, read_only, trouble);
	}
}

/*
 * The same, dressed. The attributes of a copy come last: they are for the part of it that is taken, and
 * what is read-only gets no owner.
 */
static int
prepare(const struct attach *wish, bool read_only, struct trouble *trouble)
{
	int fd = get_mount(wish, read_only, trouble);

	if (fd >= 0)
		fd = dress(wish, fd, trouble);
	if (fd < 0 || wish->words->operation != WORDS_BIND
	    || change_attributes(wish->words, fd, trouble) == 0)
		return fd;
	file_close(fd);
	return -1;
}

/* Whether others have mounted something at the target since. */
static bool
is_taken(const struct attach *wish)
{
	struct status now;

	if (status_at(AT_FDCWD, wish->target, true, &now) < 0 || !now.mount)
		return false;
	/* What was missing has been made, by whomever, and nothing must have been mounted on it. */
	return wish->top ? now.mount != wish->top : now.root == STATUS_IS_ROOT;
}

/*
 * With ONCE, before something is mounted: nobody else does so until *TURN, which may be -1, is closed. -1:
 * others were faster.
 */
static int
take_turn(const struct attach *wish, int *turn, struct trouble *trouble)
{
	*turn = wish->once ? namespace_take_turn() : -1;
	if (!wish->once || !is_taken(wish))
		return 0;
	file_close(*turn);
	errno = EBUSY;
	return trouble_at(trouble, TROUBLE_TAKEN, NULL);
}

/* Puts FD, which is closed if that fails, at TARGET. */
static int
place(const struct attach *wish, int fd, const struct destination *target, struct trouble *trouble)
{
	enum trouble_stage stage =
		wish->words->operation == WORDS_MOVE ? TROUBLE_MOVE : TROUBLE_PLACE;
	int turn, result = take_turn(wish, &turn, trouble);

	if (result == 0) {
		if (mountfd_place(fd, target->fd, wish->beneath) < 0)
			result = trouble_at(trouble, stage, NULL);
		file_close(turn);
	}
	if (result == 0)
		return fd;
	file_close(fd);
	return -1;
}

static int
mount_newly(const struct attach *wish, const struct destination *target, bool read_only,
	    struct trouble *trouble)
{
	int fd = prepare(wish, read_only, trouble);

	return fd < 0 ? -1 : place(wish, fd, target, trouble);
}

/* ---- one way, or the other ---- */

/* Whether mount(2) can do what WISH says. */
static bool
is_for_call(const struct attach *wish)
{
	return !wish->beneath && !wish->exclusive && !wish->into && !dress_needs_newer(wish->words);
}

/* By mount(2). */
static int
mount_by_call(const struct attach *wish, const struct destination *target, bool read_only,
	      struct trouble *trouble)
{
	int turn, fd;

	if (take_turn(wish, &turn, trouble) < 0)
		return -1;
	fd = call_mount(wish, target, read_only, trouble);
	file_close(turn);
	return fd;
}

/* TROUBLE is what SECOND says, if that says more. */
static void
take_trouble(struct trouble *trouble, struct trouble *second, bool failed)
{
	struct trouble spare = *trouble;

	/* Both refuse: the newer call knows where, unless mount(2) has come to a second step. */
	if (failed && second->error == trouble->error && second->stage == TROUBLE_CALL) {
		trouble_done(second);
		return;
	}
	*trouble = *second;
	trouble_done(&spare);
}

/* The root of what is mounted now at TARGET; -1: TROUBLE. */
static int
mount_either(const struct attach *wish, const struct destination *target, bool read_only,
	     struct trouble *trouble)
{
	struct trouble second = { 0 };
	int fd;

	if (wish->words->operation == WORDS_MOUNT && fresh_needs_call(wish) && is_for_call(wish))
		return mount_by_call(wish, target, read_only, trouble);
	fd = mount_newly(wish, target, read_only, trouble);
	if (fd >= 0 || !is_for_call(wish) || !is_worth_a_call(wish, trouble))
		return fd;
	fd = mount_by_call(wish, target, read_only, &second);
	take_trouble(trouble, &second, fd < 0);
	errno = trouble->error;
	return fd;
}

/* Whether the errno of a failure is a reason to try again, read-only. */
static bool
may_be_read_only(const struct words *words)
{
	return (errno == EROFS || errno == EACCES) && words->operation == WORDS_MOUNT
	       && !words->is_writable && !(words->flags.set & MS_RDONLY);
}

/* The same, and read-only where the device is write-protected and nobody has said rw. */
static int
mount_any_way(const struct attach *wish, const struct destination *target, struct trouble *trouble)
{
	int fd = mount_either(wish, target, false, trouble);
	struct trouble second = { 0 };

	if (fd >= 0 || !may_be_read_only(wish->words))
		return fd;
	fd = mount_either(wish, target, true, &second);
	if (fd >= 0) {
		take_trouble(trouble, &second, false);
		trouble->is_read_only = true;
		return fd;
	}
	trouble_done(&second);
	errno = trouble->error;
	return -1;
}

static int
propagate(const struct words *words, int fd, const char *path, struct trouble *trouble)
{
	for (size_t i = 0; i < words->propagation_count; i++) {
		uint64_t propagation = words->propagations[i];

		if (mountfd_propagate(fd, propagation & ~(uint64_t)MS_REC, propagation & MS_REC)
		    == 0)
			continue;
		if (!is_refused(errno) || call_propagate(fd, path, propagation) < 0)
			return trouble_at(trouble, TROUBLE_PROPAGATION, NULL);
	}
	return 0;
}

/* The last step: propagation of FD, which is closed. */
static int
finish(const struct attach *wish, int fd, const struct destination *target, struct trouble *trouble)
{
	int result = propagate(wish->words, fd, target->path, trouble);

	if (result < 0)
		call_undo(wish, fd, target->path);
	file_close(fd);
	return result;
}

/*
 * Whether a file is to be at a folder, or a folder at a file: told before anything is done that leaves
 * traces, where it would be.
 */
static bool
is_mismatch(const struct attach *wish, const struct destination *target)
{
	const struct words *words = wish->words;
	bool is_disk = words->operation == WORDS_MOUNT && wish->source && wish->source[0] == '/';
	bool has_owner = words->owner || words->group || words->has_mode;
	struct status source = { .mode = S_IFDIR }, place;

	if ((!is_disk && !has_owner) || words->operation == WORDS_MOVE || words->subdir)
		return false;
	if (words->operation == WORDS_BIND && status_at(AT_FDCWD, wish->source, true, &source) < 0)
		return false;
	return status_at(target->fd, "", false, &place) == 0
	       && S_ISDIR(source.mode) != S_ISDIR(place.mode);
}

static int
mount_at(const struct attach *wish, const struct destination *target, struct trouble *trouble)
{
	int fd;

	if (is_mismatch(wish, target)) {
		errno = ENOTDIR;
		return trouble_at(trouble, TROUBLE_PLACE, NULL);
	}
	fd = mount_any_way(wish, target, trouble);
	return fd < 0 ? -1 : finish(wish, fd, target, trouble);
}

/* ---- into another mount namespace ---- */

/* What is to be mounted is found and made here; the place alone is over there. */
static int
mount_into(const struct attach *wish, struct trouble *trouble)
{
	const struct words *words = wish->words;
	struct destination target;
	int fd = prepare(wish, false, trouble), result = -1;

	if (fd < 0 && may_be_read_only(words)) {
		trouble_done(trouble);
		fd = prepare(wish, true, trouble);
		trouble->is_read_only = true;
	}
	if (fd < 0)
		return -1;
	if (namespace_join(wish->into, true) < 0) {
		file_close(fd);
		return trouble_at(trouble, TROUBLE_NAMESPACE, wish->into);
	}
	if (destination_open(&target, wish->target, words->mkdir, words->mkdir_mode) < 0) {
		file_close(fd);
		return trouble_at(trouble, TROUBLE_TARGET, NULL);
	}
	if (place(wish, fd, &target, trouble) >= 0)
		result = finish(wish, fd, &target, trouble);
	if (result < 0)
		destination_undo(&target);
	destination_done(&target);
	return result;
}

/* ---- changes of what is mounted ---- */

static bool
changes_file_system(const struct words *words)
{
	return words->operation != WORDS_BIND
	       && (words->flags.set || words->flags.clear || words->option_count);
}

/* The attributes are changed back as they were BEFORE: something else could not be changed. errno stays. */
static void
change_back(const struct words *before, const struct words *words, const struct destination *target)
{
	struct words back = { 0 };
	struct trouble ignored = { 0 };
	int error = errno;

	back.own.set = before->own.set;
	back.own.clear = words->own.set | words->own.clear | words->all.set | words->all.clear;
	if (change_attributes(&back, target->fd, &ignored) < 0)
		call_attributes(&back, target->fd, target->path, &ignored);
	trouble_done(&ignored);
	errno = error;
}

static int
change_mount(const struct attach *wish, const struct destination *target, struct trouble *trouble)
{
	const struct words *words = wish->words;
	struct trouble second = { 0 };
	int result = change_attributes(words, target->fd, trouble);

	if (result == 0 || !is_worth_a_call(wish, trouble))
		return result;
	result = call_attributes(words, target->fd, target->path, &second);
	take_trouble(trouble, &second, result < 0);
	errno = trouble->error;
	return result;
}

static int
change_file_system(const struct attach *wish, const struct destination *target,
		   struct trouble *trouble)
{
	struct trouble second = { 0 };
	int result;

	if (fresh_needs_call(wish))
		return call_change(wish, target, trouble);
	result = fresh_change(wish, target->fd, trouble);
	if (result == 0 || !is_refused(errno))
		return result;
	result = call_change(wish, target, &second);
	take_trouble(trouble, &second, result < 0);
	errno = trouble->error;
	return result;
}

/* The mount first, since it can be changed back for sure: to BEFORE, and what is below as it was there. */
static int
change_all(const struct attach *wish, const struct destination *target, const struct words *before,
	   struct trouble *trouble)
{
	const struct words *words = wish->words;
	bool is_deep = words->all.set || words->all.clear, is_changed;
	struct restore below = { 0 };
	int result = 0;

	/* Where nobody tells, the kernel still does all or nothing in each step. */
	if (is_deep && restore_read(&below, target->fd) < 0)
		below.id = 0;
	if (words_has_attributes(words))
		result = change_mount(wish, target, trouble);
	is_changed = result == 0 || is_deep;
	if (result == 0 && changes_file_system(words))
		result = change_file_system(wish, target, trouble);
	if (result == 0)
		result = propagate(words, target->fd, target->path, trouble);
	if (result < 0 && is_changed && words_has_attributes(words)) {
		change_back(before, words, target);
		restore_below(&below, words);
	}
	restore_done(&below);
	return result;
}

static int
change(const struct attach *wish, const struct destination *target, struct trouble *trouble)
{
	const struct words *words = wish->words;
	bool mount = words_has_attributes(words), file_system = changes_file_system(words);
	struct words before = { 0 };
	struct status status;

	/* Nothing is to be changed, and the kernel will not be asked. */
	if (!mount && !file_system && status_at(target->fd, "", false, &status) == 0
	    && status.root == STATUS_IS_NO_ROOT) {
		errno = EINVAL;
		return trouble_at(trouble, TROUBLE_PICK, NULL);
	}
	if (((file_system && (mount || words->flags.set & MS_DIRSYNC)) || words->all.set
	     || words->all.clear || (mount && words->propagation_count))
	    && current_read(target->fd, &before) < 0)
		return trouble_at(trouble, TROUBLE_PICK, NULL);
	if (words->flags.set & MS_DIRSYNC & ~before.flags.set && file_system) {
		errno = EINVAL;
		return trouble_at(trouble, TROUBLE_OPTION, "dirsync");
	}
	return change_all(wish, target, &before, trouble);
}

static int
attach_all(const struct attach *wish, struct trouble *trouble)
{
	const struct words *words = wish->words;
	struct destination target;
	int result;

	*trouble = (struct trouble){ 0 };
	if (wish->log >= 0)
		kmsg_skip(wish->log);
	if (wish->into) {
		result = mount_into(wish, trouble);
		if (result < 0)
			dmesg_take(wish, -1, trouble);
		errno = trouble->error;
		return result;
	}
	if (destination_open(&target, wish->target, words->mkdir, words->mkdir_mode) < 0)
		return trouble_at(trouble, TROUBLE_TARGET, NULL);
	if (words->remount)
		result = change(wish, &target, trouble);
	else if (wish->type || words->operation != WORDS_MOUNT)
		result = mount_at(wish, &target, trouble);
	else
		result = propagate(words, target.fd, target.path, trouble);
	if (result < 0) {
		destination_undo(&target);
		dmesg_take(wish, target.fd, trouble);
	}
	destination_done(&target);
	errno = trouble->error;
	return result;
}

int
attach(const struct attach *wish, struct trouble *trouble)
{
	struct dress_before before;
	struct attach whole = *wish;
	int result;

	dress_remember(&before, wish);
	whole.before = &before;
	result = attach_all(&whole, trouble);
	/* Who was faster wants the same. */
	dress_end(&before, result < 0 && trouble->stage != TROUBLE_TAKEN);
	return result;
}
