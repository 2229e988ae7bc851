/* SPDX-License-Identifier: MIT */
#include "event/until.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "cli/num.h"
#include "kernel/inotify.h"
#include "kernel/mountinfo.h"
#include "kernel/timerfd.h"

enum {
	READ_SIZE = 1 << 16, /* bytes of the kernel's queue at a time */
	MOST_LINKS = 40,     /* the kernel follows no more: path_resolution(7) */
	/* What makes an entry another, or forbids it: told to the entry itself ... */
	ENTRY = IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB,
	/* ... and to the folder that it is in. */
	FOLDER = ENTRY | IN_CREATE | IN_DELETE | IN_MOVE,
};

const struct name until_names[] = {
	{ "exists", UNTIL_EXISTS, "EXISTS" },
	{ "gone", UNTIL_GONE, "GONE" },
	{ "" },
};

struct condition {
	const char *path;
	enum until_what what;
};

struct watched {
	int wd;
	uint32_t mask;
	unsigned pass; /* the last look that needed it */
};

/* A name that was looked up in a watched folder: of events with names, only those of edges matter. */
struct edge {
	int wd;
	size_t name; /* offset in names */
};

/* ---- watching ---- */

static struct watched *
find_watched(const struct until *until, int wd)
{
	struct watched *watched = (void *)until->watches.data;
	size_t count = until->watches.length / sizeof(*watched);

	for (size_t i = 0; i < count; i++)
		if (watched[i].wd == wd)
			return &watched[i];
	return NULL;
}

/* Watches PATH, from the working folder of this moment, for MASK. The watch, or -1 with errno. */
static int
watch(struct until *until, const char *path, uint32_t mask)
{
	int wd = inotify_watch(until->source.fd, path, mask | IN_DONT_FOLLOW | IN_MASK_ADD);
	struct watched *known, new = { .wd = wd, .mask = mask, .pass = until->pass };

	until->searching = false;
	if (wd < 0)
		return -1;
	known = find_watched(until, wd);
	if (!known || mask & ~known->mask)
		until->fresh = true;
	if (known) {
		known->mask |= mask;
		known->pass = until->pass;
	} else {
		buffer_add(&until->watches, &new, sizeof(new));
	}
	return wd;
}

/* Lets go what the last look did not come by. */
static void
forget(struct until *until)
{
	struct watched *watched = (void *)until->watches.data;
	size_t count = until->watches.length / sizeof(*watched), kept = 0;

	for (size_t i = 0; i < count; i++)
		if (watched[i].pass == until->pass)
			watched[kept++] = watched[i];
		else
			inotify_ignore(until->source.fd, watched[i].wd);
	until->watches.length = kept * sizeof(*watched);
}

static bool
is_relevant(const struct until *until, const struct inotify_record *record)
{
	const struct edge *edges = (const void *)until->edges.data;
	size_t count = until->edges.length / sizeof(*edges);

	if (record->mask & IN_Q_OVERFLOW)
		return true;
	if (!record->length)
		return find_watched(until, record->wd);
	for (size_t i = 0; i < count; i++)
		if (edges[i].wd == record->wd
		    && !strcmp(until->names.data + edges[i].name, record->name))
			return true;
	return false;
}

static int
decode(struct source *source, struct event *event)
{
	const struct until *until = (const struct until *)source;

	while (source->offset < source->length) {
		struct inotify_record record;
		size_t size = inotify_decode(source->buffer + source->offset,
					     source->length - source->offset, &record);

		if (!size) {
			errno = EPROTO;
			return -1;
		}
		source->offset += size;
		if (!is_relevant(until, &record))
			continue;
		*event = (struct event){ .time = source->read_at,
					 .names = inotify_names,
					 .what = record.mask };
		return 1;
	}
	return 0;
}

/* ---- walking ---- */

/* The way from the start through a path. The folder that it is in is the working folder too. */
struct walk {
	struct until *until;
	enum until_what what;
	int here;           /* that folder, O_PATH */
	int wd;             /* its watch; -1: it may be searched, but not read */
	bool by_name;       /* a name led here, so that another folder can come to this place */
	unsigned links;     /* followed so far */
	struct buffer rest; /* the path, or what links made of it */
	size_t at;          /* how far it is walked */
};

/* One name of a path. */
struct component {
	const char *name;
	bool slash; /* behind it: it has to be a folder */
	bool last;
};

/* Passes over what of PATH means the folder itself: slashes, and `.`. */
static const char *
skip_here(const char *path)
{
	for (;;) {
		path += strspn(path, "/");
		if (path[0] != '.' || (path[1] && path[1] != '/'))
			return path;
		path++;
	}
}

/* The next component of the path; false at its end. */
static bool
next_component(struct walk *walk, struct component *component)
{
	char *name = walk->rest.data + walk->at;
	size_t length;

	name += skip_here(name) - name;
	length = strcspn(name, "/");
	component->name = name;
	component->slash = name[length] == '/';
	name[length] = '\0';
	name += length + component->slash;
	component->last = !*skip_here(name);
	walk->at = (size_t)(name - walk->rest.data);
	return length;
}

/* Watches the folder that the walk is in. -1 with errno. */
static int
watch_here(struct walk *walk)
{
	walk->wd = watch(walk->until, ".", FOLDER);
	return walk->wd < 0 && errno != EACCES ? -1 : 0;
}

/* FD, which it takes over, is the next folder. -1 with errno. */
static int
enter(struct walk *walk, int fd)
{
	if (walk->here >= 0)
		close(walk->here);
	walk->here = fd;
	if (fchdir(fd) < 0)
		return -1;
	walk->wd = -1;
	return walk->what == UNTIL_LED ? 0 : watch_here(walk);
}

/* The walk's text begins anew: TEXT, and where SLASH one behind it, and what was still to go. */
static int
redirect(struct walk *walk, const char *text, bool slash)
{
	struct until *until = walk->until;
	struct buffer rest = { 0 };
	int fd;

	buffer_text(&rest, text);
	if (slash)
		buffer_byte(&rest, '/');
	if (walk->rest.data)
		buffer_text(&rest, walk->rest.data + walk->at);
	buffer_string(&rest);
	buffer_done(&walk->rest);
	walk->rest = rest;
	walk->at = 0;
	if (walk->here >= 0 && *text != '/')
		return 1;
	until->place.length = 0;
	buffer_text(&until->place, *text == '/' ? "/" : "./");
	if (*text != '/' && until->start < 0) {
		errno = EACCES;
		return -1;
	}
	fd = openat(until->start, *text == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 || enter(walk, fd) < 0 ? -1 : 1;
}

/* The name is looked up: its coming and going is an event of the folder, or of itself. -1 with errno. */
static int
watch_name(struct walk *walk, const char *name)
{
	struct until *until = walk->until;
	struct edge edge = { .wd = walk->wd, .name = until->names.length };

	if (walk->wd >= 0) {
		buffer_add(&until->names, name, strlen(name) + 1);
		buffer_add(&until->edges, &edge, sizeof(edge));
		return 0;
	}
	if (strcmp(name, "..") && watch(until, name, ENTRY) >= 0)
		return 0;
	if (walk->what == UNTIL_LED && (errno == ENOENT || errno == EACCES))
		return 0;
	/* Not there, and the folder does not tell when it comes. */
	until->searching = false;
	errno = errno == ENOENT || errno == ENOTDIR ? EACCES : errno;
	return -1;
}

/* A link of /proc to a thing, not to a name: its text leads nowhere, or astray. */
static bool
is_magic(int fd, const char *text)
{
	return (*text == '/' || strstr(text, ":[")) && inotify_is_deaf(fd);
}

static bool
is_missing(int error)
{
	return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

/* Opens the entry: the descriptor, -1 when it is missing, -2 with errno. */
static int
open_entry(struct walk *walk, const char *name, int flags)
{
	int fd = openat(walk->here, name, O_PATH | O_CLOEXEC | flags);

	if (fd >= 0 || is_missing(errno))
		return fd;
	buffer_text(&walk->until->place, name);
	return -2;
}

/* The component is FD: a folder to go on from, or what was looked for. 1, 0 missing, -1 errno. */
static int
arrive(struct walk *walk, const struct component *component, int fd)
{
	struct stat status;
	bool is_folder = fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);

	if (is_folder && !component->last) {
		buffer_print(&walk->until->place, "%s/", component->name);
		return enter(walk, fd) < 0 ? -1 : 1;
	}
	close(fd);
	return component->last && (is_folder || !component->slash);
}

/* Whether the component is what the way leads to, and no part of it: it may be in a busy folder. */
static bool
is_aim(const struct walk *walk, const struct component *component, bool follow)
{
	struct stat status;

	return walk->what == UNTIL_LED && component->last
	       && (!follow
		   || (fstatat(walk->here, component->name, &status, AT_SYMLINK_NOFOLLOW) == 0
		       && !S_ISLNK(status.st_mode)));
}

/* Goes to the next component: 1, 0 when it is missing, -1 errno. */
static int
step(struct walk *walk, const struct component *component)
{
	struct until *until = walk->until;
	bool follow = !component->last || component->slash || until->follow;
	char text[PATH_MAX];
	ssize_t length = -1;
	int fd;

	if (is_aim(walk, component, follow))
		return 1;
	if (walk->what == UNTIL_LED && walk->wd < 0 && watch_here(walk) < 0)
		return -1;
	if (watch_name(walk, component->name) < 0)
		return -1;
	until->searching = true;
	fd = open_entry(walk, component->name, O_NOFOLLOW);
	if (fd < 0)
		return fd + 1;
	walk->by_name |= strcmp(component->name, "..") != 0;
	if (follow)
		length = readlinkat(fd, "", text, sizeof(text) - 1);
	if (length < 0) /* no link */
		return arrive(walk, component, fd);
	text[length] = '\0';
	if (is_magic(fd, text)) {
		close(fd);
		fd = open_entry(walk, component->name, 0);
		return fd < 0 ? fd + 1 : arrive(walk, component, fd);
	}
	close(fd);
	/* A circle: each of its links is watched, any of them can become another. */
	if (++walk->links > MOST_LINKS)
		return 0;
	return redirect(walk, text, component->slash);
}

/* Whether the walk stands where nothing can come to any more: in the working folder, removed. */
static bool
is_dead(const struct walk *walk)
{
	struct stat status;

	return !walk->by_name && fstat(walk->here, &status) == 0 && !status.st_nlink;
}

static bool
is_empty(int folder)
{
	_Alignas(struct dirent64) char entries[1024]; /* with room for more than the two dots */
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ssize_t size = fd < 0 ? -1 : getdents64(fd, (void *)entries, sizeof(entries));
	bool empty = size >= 0;

	for (ssize_t at = 0; at < size;) {
		const struct dirent64 *entry = (const void *)(entries + at);

		at += entry->d_reclen;
		empty &= !strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..");
	}
	if (fd >= 0)
		close(fd);
	return empty;
}

/*
 * Whether the walk stands where nothing tells of what is waited for. Empty folders of /sys and
 * /proc are places for mounts, which do tell.
 */
static bool
is_hopeless(const struct walk *walk, bool exists)
{
	return inotify_is_deaf(walk->here) && (exists || !is_empty(walk->here));
}

/* How many components PATH has: each is looked up in a folder. */
static size_t
count_names(const char *path)
{
	size_t names = 0;

	while (*(path = skip_here(path))) {
		path += strcspn(path, "/");
		names++;
	}
	return names;
}

/* Walks the path and watches what it comes by. 1 it exists, 0 it does not, -1 errno. */
static int
walk_path(struct until *until, const struct condition *condition)
{
	struct walk walk = { .until = until, .what = condition->what, .here = -1, .wd = -1 };
	bool gone = condition->what == UNTIL_GONE;
	struct component component;
	int result, error;

	until->searching = true;
	result = redirect(&walk, condition->path, false);
	while (result > 0 && next_component(&walk, &component))
		result = step(&walk, &component);
	if (condition->what == UNTIL_LED) {
		/* What may not be looked into is left out. */
		if (result < 0 && (is_missing(errno) || errno == EACCES))
			result = 0;
	} else if (result == gone && is_hopeless(&walk, result)) {
		until->searching = false;
		errno = EOPNOTSUPP;
		result = -1;
	} else if (!result && !gone && is_dead(&walk)) {
		errno = ENOENT;
		result = -1;
	}
	error = errno;
	until->left = count_names(walk.rest.data + walk.at);
	if (walk.here >= 0)
		close(walk.here);
	buffer_done(&walk.rest);
	buffer_string(&until->place);
	errno = error;
	return result;
}

/* ---- looking and waiting ---- */

/* What the kernel says: 1 it exists, 0 it does not, -1 it cannot say, which the walk will explain. */
static int
ask(const struct until *until, const char *path)
{
	struct stat status;

	if (*path != '/' && until->start < 0)
		return -1;
	if (fstatat(until->start, path, &status, until->follow ? 0 : AT_SYMLINK_NOFOLLOW) == 0)
		return 1;
	return is_missing(errno) ? 0 : -1;
}

/* Whether the condition holds: 1, 0 and what could change that is watched, -1 errno. */
static int
look_at(struct until *until, const struct condition *condition)
{
	bool gone = condition->what == UNTIL_GONE;
	int exists, walked;

	if (condition->what == UNTIL_LED)
		return walk_path(until, condition) < 0 ? -1 : 0;
	exists = ask(until, condition->path);
	if (exists == !gone)
		return 1;
	walked = walk_path(until, condition);
	if (walked < 0)
		return -1;
	return (exists < 0 ? walked : exists) == !gone;
}

/* One look at all: 1 all hold, 0 some do not, -1 errno. */
static int
look_once(struct until *until)
{
	const struct condition *conditions = (const void *)until->paths.data;
	size_t count = until->paths.length / sizeof(*conditions);
	int result = !until->any, error;

	until->pass++;
	until->fresh = false;
	until->blind = 0;
	until->edges.length = until->names.length = 0;
	for (size_t i = 0; i < count && result >= 0 && !(result && until->any); i++) {
		int holds = look_at(until, &conditions[i]);

		if (holds < 0 && conditions[i].what == UNTIL_LED) {
			until->blind = errno;
			until->failed = i;
			holds = 0;
		}
		if (holds < 0)
			until->failed = i;
		if (holds < 0 || holds == until->any)
			result = holds;
	}
	error = errno;
	/* Back, lest this process keeps a file system from being unmounted. */
	if ((until->start < 0 || fchdir(until->start) < 0) && chdir("/") < 0 && result >= 0)
		return -1;
	errno = error;
	return result;
}

static bool
is_late(const struct until *until)
{
	return until->deadline != NUM_FOREVER && timerfd_now(CLOCK_MONOTONIC) >= until->deadline;
}

int
until_look(struct until *until)
{
	int result;

	/* A look that came by nothing but what was watched before it began holds until an event comes. */
	do
		result = look_once(until);
	while (!result && until->fresh && !is_late(until));
	if (!result)
		forget(until);
	if (result >= 0 && !until->blind)
		until->left = 0;
	return result;
}

static bool
note_change(const struct event *event, void *changed)
{
	(void)event;
	*(bool *)changed = true;
	return true;
}

int
until_step(struct until *until, bool mounted)
{
	bool changed = mounted;

	if (source_drain(&until->source, note_change, &changed) < 0)
		return -1;
	return changed;
}

/* Sleeps until something on the ways has changed: 1, 0 when the time is up, -1 errno. */
static int
sleep_until_changed(struct until *until)
{
	bool changed = false;

	until->searching = false;
	while (!changed) {
		struct pollfd fds[] = { { .fd = until->source.fd, .events = POLLIN },
					{ .fd = until->mounts, .events = POLLPRI } };
		bool forever = until->deadline == NUM_FOREVER;
		int64_t left = forever ? 0 : until->deadline - timerfd_now(CLOCK_MONOTONIC);
		struct timespec timeout = { left / NUM_SECOND, left % NUM_SECOND };
		int ready;

		if (left < 0)
			return 0;
		ready = ppoll(fds, 2, forever ? NULL : &timeout, NULL);
		if (ready == 0 || (ready < 0 && errno != EINTR))
			return ready;
		ready = until_step(until, ready > 0 && fds[1].revents);
		if (ready < 0)
			return -1;
		changed = ready;
	}
	return 1;
}

int
until_wait(struct until *until)
{
	int result;

	do {
		result = sleep_until_changed(until);
		if (result <= 0)
			return result;
		result = until_look(until);
	} while (!result);
	return result;
}

int
until_open(struct until *until, bool follow, int64_t timeout)
{
	int fd = inotify_open();

	if (fd < 0)
		return -1;
	*until = (struct until){ .follow = follow };
	source_open(&until->source, fd, READ_SIZE, sizeof(struct inotify_event) + NAME_MAX + 1);
	until->source.nonblocking = true;
	until->source.decode = decode;
	buffer_string(&until->place);
	until->deadline = timerfd_in(timeout);
	until->start = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (until->start < 0 && errno != EACCES)
		return -1;
	until->mounts = mountinfo_open();
	return 0;
}

void
until_add(struct until *until, const char *path, enum until_what what)
{
	struct condition condition = { .path = path, .what = what };

	buffer_add(&until->paths, &condition, sizeof(condition));
}

void
until_clear(struct until *until)
{
	until->paths.length = 0;
}

size_t
until_watches(const struct until *until)
{
	return until->watches.length / sizeof(struct watched);
}

size_t
until_needs(const struct until *until)
{
	const struct condition *conditions = (const void *)until->paths.data;
	size_t count = until->paths.length / sizeof(*conditions);
	size_t needed = until_watches(until) + until->left;

	for (size_t i = until->failed + 1; i < count && until->left; i++)
		needed += count_names(conditions[i].path);
	return needed;
}

void
until_close(struct until *until)
{
	source_close(&until->source);
	if (until->start >= 0)
		close(until->start);
	if (until->mounts >= 0)
		close(until->mounts);
	buffer_done(&until->paths);
	buffer_done(&until->watches);
	buffer_done(&until->edges);
	buffer_done(&until->names);
	buffer_done(&until->place);
}
