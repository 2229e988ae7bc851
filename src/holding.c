/* SPDX-License-Identifier: MIT */
#include "holding.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "cli/buffer.h"
#include "cli/say.h"
#include "kernel/capability.h"
#include "kernel/status.h"
#include "mounts/backing.h"
#include "mounts/copies.h"
#include "mounts/evict.h"
#include "mounts/holders.h"
#include "mounts/table.h"

enum {
	MOST = 20,   /* lines of one kind */
	COPIES = 64, /* of the mount, that are looked at */
};

static const char *const kinds[] = {
	[HOLDER_CWD] = "cwd", [HOLDER_ROOT] = "root",     [HOLDER_EXE] = "exe",
	[HOLDER_FD] = "fd",   [HOLDER_SOCKET] = "socket", [HOLDER_MAP] = "map",
};

static const struct hint proc_hints[] = {
	{ ENOENT, "mount /proc", 0 },
	{ EMFILE, "raise ulimit -n", 0 },
	{ EXDEV, "the proc on /proc is another pid namespace's: mount one of this", 0 },
	{ 0, NULL, 0 },
};

/* A mount and where it is held. */
struct held {
	struct table table;
	const struct mountinfo *mount; /* NULL: the table cannot be had, or does not have it */
	const char *target;
	int ids[1 + COPIES];
	struct holders_place place;
};

static void
look_up(struct held *held, const char *target, int id)
{
	bool readable = table_read(&held->table) == 0;

	held->target = target;
	held->mount = readable ? table_find_id(&held->table, id) : NULL;
	held->ids[0] = id;
	held->place = (struct holders_place){ .ids = held->ids, .count = 1, .target = target };
	if (!held->mount) {
		held->place.any_device = true;
		return;
	}
	held->place.count += copies_find(&held->table, held->mount, held->ids + 1, COPIES);
	held->place.major = held->mount->major;
	held->place.minor = held->mount->minor;
	held->place.any_device = !strcmp(held->mount->type, "overlay");
}

static void
tell_more(const char *target, size_t count, const char *what, const char *ending)
{
	if (count > MOST)
		note("'%s' is used by %zu more %s%s", target, count - MOST, what,
		     count == MOST + 1 ? "" : ending);
}

/* Returns how many. */
static size_t
tell_mounts(const struct held *held)
{
	size_t count = 0;

	for (size_t i = 0; i < held->table.count; i++) {
		const struct mountinfo *mount = &held->table.mounts[i];

		if (mount->parent != held->ids[0] || mount->id == held->ids[0])
			continue;
		if (count++ < MOST)
			note("'%s' is used by the mount '%s' (%s)", held->target, mount->target,
			     mount->type);
	}
	tell_more(held->target, count, "mount", "s");
	return count;
}

static void
tell_process(const char *target, const struct holder *holder)
{
	struct buffer uses = { 0 };
	size_t kept = holder->count < HOLDER_USES ? holder->count : HOLDER_USES;

	for (size_t i = 0; i < kept; i++) {
		const struct holder_use *use = &holder->uses[i];

		buffer_print(&uses, "%s%s", i ? ", " : "", kinds[use->kind]);
		if (use->kind == HOLDER_FD || use->kind == HOLDER_SOCKET)
			buffer_print(&uses, " %d", use->fd);
		buffer_print(&uses, " '%s'", use->path);
	}
	if (holder->count > kept)
		buffer_print(&uses, ", and %zu more", holder->count - kept);
	note("'%s' is used by process %d (%s): %s", target, (int)holder->pid, holder->comm,
	     buffer_string(&uses));
	buffer_done(&uses);
}

/* Returns how many. */
static size_t
tell_processes(const struct held *held)
{
	struct holders holders;
	size_t count;

	if (holders_find(&held->place, &holders) < 0) {
		note_error(proc_hints, "cannot find the processes that use '%s'", held->target);
		return 1;
	}
	count = holders.count;
	for (size_t i = 0; i < count && i < MOST; i++)
		tell_process(held->target, &holders.processes[i]);
	tell_more(held->target, count, "process", "es");
	if (holders.hidden)
		note("%zu process%s cannot be looked into, and may use '%s' (%s)", holders.hidden,
		     holders.hidden == 1 ? "" : "es", held->target,
		     capability_have(CAP_SYS_PTRACE) ? "more privileged than this one"
						     : "needs CAP_SYS_PTRACE");
	holders_done(&holders);
	return count;
}

struct files {
	const struct held *held;
	size_t count;
};

/* Whether FILE is in the mount: by its path, as it is read from here. */
static bool
is_in(const struct held *held, const char *file)
{
	static const char deleted[] = " (deleted)";
	size_t length = strlen(file), target = strlen(held->target);
	struct status status;

	if (status_at(AT_FDCWD, file, false, &status) == 0) {
		for (size_t i = 0; i < held->place.count; i++)
			if (status.mount == held->ids[i])
				return true;
		return false;
	}
	if (target == 1)
		target = 0;
	return length >= sizeof(deleted) && !strcmp(file + length - sizeof(deleted) + 1, deleted)
	       && !strncmp(file, held->target, target) && file[target] == '/';
}

static bool
tell_file(const char *device, const char *file, void *context)
{
	struct files *files = context;

	if (!is_in(files->held, file))
		return true;
	if (files->count++ < MOST) {
		if (device)
			note("'%s' is used by the loop device '%s': '%s'", files->held->target,
			     device, file);
		else
			note("'%s' is used by swap: '%s'", files->held->target, file);
	}
	return true;
}

size_t
holding_tell(const char *target, int id, bool briefly)
{
	struct held held;
	struct files files = { .held = &held };
	size_t count;

	look_up(&held, target, id);
	count = tell_mounts(&held);
	if (!count || !briefly) {
		count += tell_processes(&held);
		backing_each(tell_file, &files);
		tell_more(target, files.count, "loop device or swap file", "s");
		count += files.count;
	}
	table_done(&held.table);
	return count;
}

bool
holding_end(const char *target, int id, int signal, int64_t patience, bool (*again)(void *context),
	    void *context)
{
	int64_t deadline = evict_deadline(patience);
	struct evict evict = { 0 };
	struct held held;
	bool over = false, done = false;
	size_t sent;

	look_up(&held, target, id);
	while (!over && !done) {
		if (evict_signal(&evict, &held.place, signal, &sent) < 0) {
			note_error(proc_hints, "cannot signal the processes that use '%s'", target);
			break;
		}
		over = !evict_wait(&evict, deadline);
		done = again(context);
		over |= !sent && evict_is_over(&evict);
	}
	evict_done(&evict);
	table_done(&held.table);
	return done;
}
