/* SPDX-License-Identifier: MIT */
#include "event/rescan.h"

#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "cli/moment.h"
#include "cli/num.h"
#include "kernel/fanotify.h"
#include "memory.h"

/* The file system's clock stands still between the kernel's ticks, of which the longest has 10 ms. */
#define TICK (INT64_C(20) * (NUM_SECOND / 1000))

struct rescan_found {
	uint64_t what;
	size_t length; /* of the path behind it */
	size_t dir;    /* of its folder */
};

/* ---- what was created ---- */

/* Where HASH (not 0) is, or would be. */
static uint64_t *
slot_of(const struct rescan *rescan, uint64_t hash)
{
	size_t at = hash & (rescan->room - 1);

	while (rescan->created[at] && rescan->created[at] != hash)
		at = (at + 1) & (rescan->room - 1);
	return &rescan->created[at];
}

static void
grow(struct rescan *rescan)
{
	struct rescan larger = { .room = rescan->room ? rescan->room * 2 : 1024 };

	larger.created = memory_get(larger.room * sizeof(*larger.created));
	for (size_t i = 0; i < rescan->room; i++)
		if (rescan->created[i])
			*slot_of(&larger, rescan->created[i]) = rescan->created[i];
	free(rescan->created);
	rescan->created = larger.created;
	rescan->room = larger.room;
}

bool
rescan_create(struct rescan *rescan, const struct handle *object)
{
	uint64_t hash = handle_hash(object) | 1, *slot;

	if (!rescan->wanted)
		return true;
	if (rescan->count * 2 >= rescan->room)
		grow(rescan);
	slot = slot_of(rescan, hash);
	if (*slot)
		return false;
	*slot = hash;
	rescan->count++;
	return true;
}

void
rescan_complete(struct rescan *rescan, int64_t now)
{
	rescan->complete = now;
	if (rescan->count)
		memset(rescan->created, 0, rescan->room * sizeof(*rescan->created));
	rescan->count = 0;
}

/* ---- looking ---- */

static int64_t
nanoseconds(int64_t seconds, uint32_t rest)
{
	return seconds * NUM_SECOND + rest;
}

/* What has happened to the file PATH since the last complete time; 0: nothing. */
static uint64_t
changes(struct rescan *rescan, const char *path, uint64_t file_system)
{
	int64_t since = rescan->complete - TICK;
	unsigned char bytes[HANDLE_MAX];
	struct handle object;
	struct statx status;

	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS | STATX_BTIME, &status) < 0
	    || nanoseconds(status.stx_ctime.tv_sec, status.stx_ctime.tv_nsec) < since)
		return 0;
	if (handle_of(AT_FDCWD, path, file_system, bytes, &object) == 0
	    && status.stx_mask & STATX_BTIME
	    && nanoseconds(status.stx_btime.tv_sec, status.stx_btime.tv_nsec) >= since)
		return rescan_create(rescan, &object) ? FAN_CREATE : 0;
	if (S_ISDIR(status.stx_mode))
		return 0; /* what has changed in it is found there */
	return nanoseconds(status.stx_mtime.tv_sec, status.stx_mtime.tv_nsec) >= since ? FAN_MODIFY
										       : FAN_ATTRIB;
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

void
rescan_look(struct rescan *rescan, const char *path, uint64_t file_system, bool recursive)
{
	char *paths[] = { memory_string(path), NULL };
	FTS *stream = fts_open(paths, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_XDEV | FTS_NOSTAT, NULL);
	FTSENT *entry;
	uint64_t what;

	while (stream && (entry = fts_read(stream))) {
		if (entry->fts_info == FTS_DP)
			continue;
		if (entry->fts_level && (what = changes(rescan, entry->fts_accpath, file_system)))
			add(rescan, entry, what);
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
	free(rescan->created);
	buffer_done(&rescan->found);
	*rescan = (struct rescan){ 0 };
}
