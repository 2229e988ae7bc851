/* SPDX-License-Identifier: MIT */
#include "event/rescan.h"

#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/moment.h"
#include "cli/num.h"
#include "hash.h"
#include "kernel/compat.h"
#include "kernel/fanotify.h"
#include "memory.h"

/*
 * The file system's clock stands still between the kernel's ticks, of which the longest has 10 ms; and a
 * file has its times before its event is in the queue.
 */
#define TICK (INT64_C(20) * (NUM_SECOND / 1000))

struct rescan_found {
	uint64_t what;
	size_t length; /* of the path behind it */
	size_t dir;    /* of its folder */
};

/* ---- what was created ---- */

/* Where HASH (not 0) is, or would be. */
static uint64_t *
slot_of(const struct rescan_created *created, uint64_t hash)
{
	size_t at = hash & (created->room - 1);

	while (created->hashes[at] && created->hashes[at] != hash)
		at = (at + 1) & (created->room - 1);
	return &created->hashes[at];
}

static bool
has(const struct rescan_created *created, uint64_t hash)
{
	return created->count && *slot_of(created, hash);
}

static void
grow(struct rescan_created *created)
{
	struct rescan_created larger = { .count = created->count,
					 .room = created->room ? created->room * 2 : 1024 };

	larger.hashes = memory_get(larger.room * sizeof(*larger.hashes));
	for (size_t i = 0; i < created->room; i++)
		if (created->hashes[i])
			*slot_of(&larger, created->hashes[i]) = created->hashes[i];
	free(created->hashes);
	*created = larger;
}

/* One object may have several names. */
static uint64_t
entry_hash(const struct handle *object, const struct handle *dir, const char *name)
{
	uint64_t seed = handle_hash(object) ^ (handle_hash(dir) * UINT64_C(0x9e3779b97f4a7c15));

	return hash_text(seed, name) | 1;
}

bool
rescan_create(struct rescan *rescan, const struct handle *object, const struct handle *dir,
	      const char *name)
{
	struct rescan_created *created = &rescan->created;
	uint64_t hash;

	if (!rescan->wanted)
		return true;
	hash = entry_hash(object, dir, name);
	if (has(created, hash) || has(&rescan->before, hash))
		return false;
	if (created->count * 2 >= created->room)
		grow(created);
	*slot_of(created, hash) = hash;
	created->count++;
	return true;
}

void
rescan_begin(struct rescan *rescan, uint64_t events)
{
	rescan->events = events;
	rescan->began = rescan->complete = moment_coarse();
}

void
rescan_complete(struct rescan *rescan, int64_t now)
{
	struct rescan_created oldest = rescan->before;

	rescan->complete = now;
	if (now - rescan->since < TICK && now >= rescan->since)
		return;
	rescan->since = now;
	if (!rescan->created.count && !oldest.count)
		return;
	if (oldest.count)
		memset(oldest.hashes, 0, oldest.room * sizeof(*oldest.hashes));
	oldest.count = 0;
	rescan->before = rescan->created;
	rescan->created = oldest;
}

/* ---- looking ---- */

/* What has happened since then may not have been told. */
static int64_t
untold(const struct rescan *rescan)
{
	int64_t since = rescan->complete - TICK;

	/* What was there before is not news; if the clock was set back, nobody knows what was. */
	return since < rescan->began && rescan->began <= rescan->complete ? rescan->began : since;
}

static int64_t
nanoseconds(const struct statx_timestamp *time)
{
	return time->tv_sec * NUM_SECOND + time->tv_nsec;
}

/* Whether TIME, as the file system keeps it, may be SINCE or later: some keep seconds, FAT even ones. */
static bool
may_be(const struct statx_timestamp *time, int64_t since)
{
	int64_t rounded_off = 0;

	if (!time->tv_nsec)
		rounded_off = (time->tv_sec % 2 ? 1 : 2) * NUM_SECOND - 1;
	return nanoseconds(time) + rounded_off >= since;
}

/* Whether the creation of OBJECT, at PATH, was not told. */
static bool
is_new(struct rescan *rescan, const char *path, const struct handle *object)
{
	const char *name = strrchr(path, '/');
	struct buffer folder = { 0 };
	unsigned char bytes[HANDLE_MAX];
	struct handle dir;
	bool is_known;

	if (name)
		buffer_add(&folder, path, (size_t)(name - path) + 1);
	else
		buffer_byte(&folder, '.');
	is_known =
		handle_of(AT_FDCWD, buffer_string(&folder), object->file_system, bytes, &dir) == 0;
	buffer_done(&folder);
	return !is_known || rescan_create(rescan, object, &dir, name ? name + 1 : path);
}

static bool
is_same(const struct statx_timestamp *one, const struct statx_timestamp *other)
{
	return nanoseconds(one) == nanoseconds(other);
}

/*
 * What else can have happened to what was BORN since all was told, or to what was there before. STATUS is
 * what it is now. Whoever writes sets both times at once: another time of change is that of something else.
 */
static uint64_t
changes_of(const struct rescan *rescan, const struct statx *status, bool born)
{
	int64_t since = untold(rescan);
	bool modified = born ? status->stx_size || !is_same(&status->stx_mtime, &status->stx_btime)
			     : may_be(&status->stx_mtime, since);
	bool changed = !is_same(&status->stx_ctime, &status->stx_mtime) || (!born && !modified);

	/* What is new in a folder is found there, unless it may be new itself. */
	if (S_ISDIR(status->stx_mode)) {
		changed |=
			!born
			&& (!(status->stx_mask & STATX_BTIME) || may_be(&status->stx_btime, since));
		return changed ? FAN_ATTRIB : 0;
	}
	/* Where writing is not asked for, its time may be all that is left to see of a change before. */
	changed |= modified && !(rescan->events & FAN_MODIFY);
	return (modified ? FAN_MODIFY : 0) | (changed ? FAN_ATTRIB : 0);
}

/* What has happened to the file or folder PATH that was not told; 0: nothing. */
static uint64_t
changes(struct rescan *rescan, const char *path, uint64_t file_system)
{
	int64_t since = untold(rescan);
	unsigned char bytes[HANDLE_MAX];
	struct handle object;
	struct statx status;
	bool born, is_told;

	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &status) < 0
	    || !may_be(&status.stx_ctime, since))
		return 0;
	born = handle_of(AT_FDCWD, path, file_system, bytes, &object) == 0
	       && status.stx_mask & STATX_BTIME && nanoseconds(&status.stx_btime) >= since;
	is_told = !born || !is_new(rescan, path, &object);
	return (is_told ? 0 : FAN_CREATE) | changes_of(rescan, &status, born);
}

static void
add(struct rescan *rescan, const FTSENT *entry, uint64_t what)
{
	struct rescan_found found = { .what = what,
				      .length = entry->fts_pathlen,
				      .dir = entry->fts_pathlen - entry->fts_namelen };

	if (entry->fts_info == FTS_D)
		found.what |= FAN_ONDIR;
	buffer_add(&rescan->found, &found, sizeof(found));
	buffer_add(&rescan->found, entry->fts_path, entry->fts_pathlen);
}

/* What has happened to ENTRY, as far as it is asked for: an event each, in the order of fanotify's. */
static void
look_at(struct rescan *rescan, const FTSENT *entry, uint64_t file_system)
{
	uint64_t what = changes(rescan, entry->fts_accpath, file_system) & rescan->events;

	if (what & FAN_CREATE)
		add(rescan, entry, FAN_CREATE);
	if (what & FAN_MODIFY)
		add(rescan, entry, FAN_MODIFY);
	if (what & FAN_ATTRIB)
		add(rescan, entry, FAN_ATTRIB);
}

void
rescan_look(struct rescan *rescan, const char *path, uint64_t file_system, bool recursive)
{
	char *paths[] = { memory_string(path), NULL };
	FTS *stream = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_XDEV | FTS_NOSTAT, NULL);
	FTSENT *entry;

	while (stream && (entry = fts_read(stream))) {
		if (entry->fts_info == FTS_DP)
			continue;
		if (entry->fts_level)
			look_at(rescan, entry, file_system);
		if (entry->fts_level && !recursive)
			fts_set(stream, entry, FTS_SKIP);
	}
	if (stream)
		fts_close(stream);
	free(paths[0]);
}

bool
rescan_next(struct rescan *rescan, struct event *event)
{
	struct rescan_found found;
	const char *path;

	if (rescan->next == rescan->found.length) {
		rescan->found.length = rescan->next = 0;
		return false;
	}
	path = rescan->found.data + rescan->next + sizeof(found);
	memcpy(&found, rescan->found.data + rescan->next, sizeof(found));
	rescan->next += sizeof(found) + found.length;
	*event = (struct event){ .time = moment_now(),
				 .names = fanotify_names,
				 .what = found.what,
				 .dir = path,
				 .dir_length = found.dir,
				 .name = path + found.dir,
				 .name_length = found.length - found.dir,
				 .is_dir = found.what & FAN_ONDIR,
				 .synthetic = true };
	return true;
}

void
rescan_close(struct rescan *rescan)
{
	free(rescan->created.hashes);
	free(rescan->before.hashes);
	buffer_done(&rescan->found);
	*rescan = (struct rescan){ 0 };
}
