/* SPDX-License-Identifier: MIT */
#include "mountall.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/buffer.h"
#include "cli/out.h"
#include "cli/say.h"
#include "memory.h"
#include "mountline.h"
#include "mounts/choice.h"
#include "mounts/mounted.h"
#include "process/child.h"
#include "process/signals.h"

/* How many lines are mounted at the same time. */
enum { MOST_CHILDREN = 32 };

void
mountall_add_fork(struct opt_table *table, struct mountall *mountall)
{
	opt_flag(table, 'F', "fork", &mountall->parallel,
		 "-a: at the same time, but for what is below, or made of, another one");
}

void
mountall_add_fstab(struct opt_table *table, struct mountall *mountall)
{
	opt_list(table, 'T', "fstab", "FILE", &mountall->tables,
		 "read FILE, or the *.fstab of a folder, instead of /etc/fstab");
}

void
mountall_add_onlyonce(struct opt_table *table, struct mountall *mountall)
{
	opt_flag(table, 0, "onlyonce", &mountall->only_once,
		 "leave alone what is mounted there already, as -a does");
}

void
mountall_add_test_opts(struct opt_table *table, struct mountall *mountall)
{
	opt_string(table, 'O', "test-opts", "LIST", &mountall->options,
		   "-a: only lines with these options, or, nox, without x");
}

/* ---- what is mounted already ---- */

/* What a bind shows: SOURCE, or a folder in it; to be freed. */
static char *
bound_path(const struct mounting_order *order)
{
	struct buffer path = { 0 };

	buffer_text(&path, order->source);
	if (order->words->subdir)
		buffer_print(&path, "/%s", order->words->subdir);
	return buffer_string(&path);
}

/* What mounted.h asks, with SOURCE; and what ORDER is to find there if it is mounted. */
static int
look(struct mounted *mounted, struct mounting_order *order, const char *source)
{
	const struct words *words = order->words;
	struct mounted_wish wish = {
		.source = source,
		.target = order->target,
		.is_bind = words->operation == WORDS_BIND,
		.root = words->subdir ? words->subdir : words_value(words, "subvol"),
		.offset = words->offset,
	};

	int result = mounted_look(mounted, &wish, &order->top);

	order->once = order->top >= 0;
	return result;
}

/* Asks, and keeps what was read for the next one. 1, 0; -1: nobody knows, which has been told. */
static int
is_mounted(const struct mountall *mountall, struct mounting_order *order, struct mounted *mounted)
{
	static const struct hint hints[] = { { ENOENT, "mount /proc" }, { 0 } };
	char *bound = order->words->operation == WORDS_BIND ? bound_path(order) : NULL;
	int result = look(mounted, order, bound ? bound : order->source);

	free(bound);
	if (result < 0)
		fail(hints, "cannot see whether '%s' is mounted at '%s' already", order->source,
		     order->target);
	if (result > 0 && mountall->how->verbose) {
		out_escape(order->source);
		out_print(" is mounted at ");
		out_escape(order->target);
		out_print(" already\n");
	}
	return result;
}

/* Whether ORDER must not be mounted once more if it is already. */
static bool
is_for_once(const struct mountall *mountall, const struct mounting_order *order)
{
	return mountall->only_once && !mountall->how->into && order->source
	       && !order->words->remount && order->words->operation != WORDS_MOVE;
}

/* Mounts ORDER, which was not, and looks again where others mount at the same time. */
static int
mount_once(const struct mountall *mountall, struct mounting_order *order, struct mounted *mounted)
{
	int status = mounting(mountall->how, order);

	while (status == MOUNTING_TAKEN) {
		int top = order->top, done;

		mounted_forget(mounted);
		done = is_mounted(mountall, order, mounted);
		if (done)
			return done < 0 ? MOUNTING_FAILED : 0;
		/* If nothing has come, what the kernel tells of that place is no help. */
		order->once &= order->top != top;
		status = mounting(mountall->how, order);
	}
	return status;
}

int
mountall_one(const struct mountall *mountall, const struct mounting_order *order)
{
	struct mounting_order once = *order;
	struct mounted mounted = { 0 };
	int status, done = is_for_once(mountall, order) ? is_mounted(mountall, &once, &mounted) : 0;

	if (done)
		status = done < 0 ? MOUNTING_FAILED : 0;
	else
		status = mount_once(mountall, &once, &mounted);
	mounted_forget(&mounted);
	return status;
}

/* ---- one line ---- */

char *
mountall_target(const struct mountall *mountall, const char *target)
{
	struct buffer path = { 0 };

	if (!mountall->prefix)
		return memory_string(target);
	buffer_print(&path, "%s%s%s", mountall->prefix, *target == '/' ? "" : "/", target);
	return buffer_string(&path);
}

int
mountall_named(const struct mountall *mountall, const char *name)
{
	struct fstab fstab = { 0 };
	const struct fstab_entry *entry = NULL;
	struct words words = { 0 };
	int status = MOUNTING_NOT_PERMITTED;

	if (!mountline_read(mountall, &fstab, "-T says where it is; or give SOURCE and TARGET"))
		return status;
	entry = choice_find(&fstab, name);
	if (entry && mountline_has_place(mountall, entry)
	    && mountline_take_words(mountall, entry, &words)) {
		char *target = mountall_target(mountall, entry->target);
		bool is_change = mountline_is_change(entry, &words);
		struct mounting_order order = {
			.source = is_change ? NULL : entry->source,
			.target = target,
			.type = entry->type,
			.words = &words,
		};

		status = mountall_one(mountall, &order);
		free(target);
	} else if (!entry) {
		for (size_t i = 0; i < fstab.count; i++)
			if (fstab.entries[i].fault)
				mountline_tell_broken(&fstab.entries[i]);
		failx("cannot mount '%s': it is neither a target nor a source in '%s' (SOURCE and "
		      "TARGET can both be given)",
		      name, mountline_table(mountall));
	}
	words_done(&words);
	fstab_done(&fstab);
	return status;
}

/* ---- all ---- */

/* How -a goes. */
struct progress {
	const struct mountall *mountall;
	struct mounted mounted;
	size_t done, failed;  /* how many have been tried */
	size_t found, broken; /* and how many were mounted already, or could not be read */
	struct running {
		pid_t pid;
		const struct fstab_entry *entry;
	} running[MOST_CHILDREN];
	size_t count; /* of running, the oldest first */
};

static void
add_status(struct progress *progress, int status)
{
	if (status)
		progress->failed++;
	else
		progress->done++;
}

/* Waits for the oldest ones that run, up to COUNT. */
static void
await(struct progress *progress, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		int status = child_wait(progress->running[i].pid);

		if (status > 128)
			failx("cannot mount at '%s': what does it was ended by signal %d",
			      progress->running[i].entry->target, status - 128);
		add_status(progress, status);
	}
	progress->count -= count;
	memmove(progress->running, progress->running + count,
		progress->count * sizeof(*progress->running));
}

static bool
is_below(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	while (length && folder[length - 1] == '/')
		length--;
	return !strncmp(path, folder, length) && (!path[length] || path[length] == '/');
}

/* Whether ENTRY has to wait for EARLIER: it lies below or over that, or is made of what is there or below. */
static bool
needs(const struct fstab_entry *entry, const struct fstab_entry *earlier)
{
	return is_below(entry->target, earlier->target) || is_below(earlier->target, entry->target)
	       || is_below(entry->source, earlier->target)
	       || is_below(earlier->target, entry->source)
	       || strstr(entry->options, earlier->target);
}

/* Waits for those that ENTRY needs, and until there can be one more. */
static void
make_way(struct progress *progress, const struct fstab_entry *entry)
{
	size_t wait = progress->count == MOST_CHILDREN;

	for (size_t i = 0; i < progress->count; i++)
		if (needs(entry, progress->running[i].entry))
			wait = i + 1;
	await(progress, wait);
}

/* Whether ORDER has to be mounted. */
static bool
is_due(struct progress *progress, struct mounting_order *order)
{
	int mounted = is_mounted(progress->mountall, order, &progress->mounted);

	if (mounted < 0)
		progress->failed++;
	else if (mounted)
		progress->found++;
	return !mounted;
}

/* Whether SOURCE is the name of a disk that is not there. */
static bool
is_no_disk(const char *source)
{
	static const char folder[] = "/dev/";

	return !strncmp(source, folder, strlen(folder)) && access(source, F_OK) < 0;
}

/* Whether ORDER may have to wait for a disk, a server or a program. */
static bool
may_wait(const struct mounting *how, const struct mounting_order *order)
{
	return order->source && order->words->operation == WORDS_MOUNT
	       && strpbrk(order->source, "/:=#@") && (how->wait || !is_no_disk(order->source));
}

/* Mounts ENTRY, with -F in a process of its own, if that is worth it, and there can be one. */
static void
mount_entry(struct progress *progress, const struct fstab_entry *entry,
	    struct mounting_order *order)
{
	const struct mountall *mountall = progress->mountall;
	bool apart = mountall->parallel && may_wait(mountall->how, order);
	pid_t pid = apart ? child_start() : -1;

	if (!pid) {
		int status;

		out_forget();
		mounting_forked();
		status = mount_once(mountall, order, &progress->mounted);
		child_end(out_finish() < 0 && !status ? MOUNTING_FAILED : status);
	}
	if (pid < 0)
		add_status(progress, mount_once(mountall, order, &progress->mounted));
	else
		progress->running[progress->count++] = (struct running){ pid, entry };
}

/* Mounts ENTRY, unless it is mounted already, or changes what is, as soon as those are that it needs. */
static void
mount_if_due(struct progress *progress, const struct fstab_entry *entry,
	     struct mounting_order *order)
{
	make_way(progress, entry);
	if (mountline_is_change(entry, order->words))
		order->source = NULL;
	if (!order->source || is_due(progress, order))
		mount_entry(progress, entry, order);
}

/* With -v, that ENTRY is left out. */
static void
tell_left_out(const struct mountall *mountall, const struct fstab_entry *entry, const char *why)
{
	if (!mountall->how->verbose)
		return;
	out_escape(entry->target);
	out_print(" is left out: %s\n", why);
}

static void
take_entry(struct progress *progress, const struct fstab_entry *entry)
{
	static const char *const why[] = {
		[CHOICE_IS_ROOT] = "it is the root",
		[CHOICE_IS_SWAP] = "it is swap",
		[CHOICE_HAS_OTHER_TYPE] = "its type is another",
		[CHOICE_HAS_OTHER_OPTIONS] = "its options are others",
	};
	const struct mountall *mountall = progress->mountall;
	enum choice_reason reason = choice_is_meant(entry, mountall->types, mountall->options);
	char *target = mountall_target(mountall, entry->target);
	struct words words = { 0 };
	struct mounting_order order = {
		.source = entry->source,
		.target = target,
		.type = entry->type,
		.words = &words,
		.is_one_of_many = true,
	};

	if (reason != CHOICE_IS_MEANT)
		tell_left_out(mountall, entry, why[reason]);
	else if (!mountline_take_words(mountall, entry, &words))
		progress->broken++;
	else if (words.no_auto)
		tell_left_out(mountall, entry, "noauto");
	else if (!mountline_has_place(mountall, entry))
		progress->broken++;
	else
		mount_if_due(progress, entry, &order);
	words_done(&words);
	free(target);
}

/* The exit status. What was mounted already does not make up for what has failed, as in util-linux. */
static int
sum_up(const struct progress *progress)
{
	if (!progress->failed && !progress->broken)
		return 0;
	if (progress->done || (progress->found && !progress->failed))
		return MOUNTING_SOME;
	return MOUNTING_FAILED;
}

int
mountall_lines(const struct mountall *mountall)
{
	struct progress progress = { .mountall = mountall };
	struct fstab fstab = { 0 };

	if (!mountline_read(mountall, &fstab, "-T says where it is"))
		return MOUNTING_NOT_PERMITTED;
	if (mountall->parallel)
		signals_let_wait();
	for (size_t i = 0; i < fstab.count; i++) {
		const struct fstab_entry *entry = &fstab.entries[i];

		if (entry->fault) {
			mountline_tell_broken(entry);
			progress.broken++;
		} else {
			take_entry(&progress, entry);
		}
	}
	await(&progress, progress.count);
	mounted_forget(&progress.mounted);
	fstab_done(&fstab);
	return sum_up(&progress);
}
