/* SPDX-License-Identifier: MIT */
/*
 * Where folders are that are known by their handles only.
 *
 * fanotify names a folder by a handle, and its records come later than what they tell of: meanwhile
 * the folder may have another path, or none. So a place is a handle, its parent's place and its
 * name in that, and it is kept as the story goes: what is created and renamed is put where the
 * records say. A folder that is not known yet is asked of the kernel, as it is now, and set back by
 * what is still ahead in the queue: the first rename that has not been told says where the folder
 * was before, and for one that is gone, its deletion says where that happened. Places that were not
 * needed for long are forgotten.
 *
 * No descriptor is kept: each would hold its file system's mount.
 */
#ifndef BUTTER_PLACES_H
#define BUTTER_PLACES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "cli/buffer.h"
#include "kernel/handle.h"

enum { PLACES_MOST = 8192, PLACES_NAME_MAX = 255 };

struct place {
	SLIST_ENTRY(place) same_hash; /* chain of the index */
	TAILQ_ENTRY(place) use;       /* the one that was needed last is first */
	struct place *parent;         /* NULL: a top, which has a label */
	char *label;                  /* its path as it is told, which ends in '/' */
	char *name;
	uint32_t name_length, children;
	bool pinned;       /* not to be forgotten */
	bool unsure;       /* moved more than once within one story */
	uint32_t moved_in; /* the number of the last story that has moved it */
	struct handle handle;
	unsigned char bytes[];
};

SLIST_HEAD(place_chain, place);
TAILQ_HEAD(place_list, place);

/* Where the queue says that a folder is. */
struct place_entry {
	struct handle dir;
	size_t length;
	char name[PLACES_NAME_MAX + 1];
	unsigned char bytes[HANDLE_MAX];
};

/* Fills ENTRY: NAME of LENGTH bytes in DIR, both short enough. */
void place_entry_set(struct place_entry *entry, const struct handle *dir, const char *name,
		     size_t length);

struct place_mount {
	uint64_t file_system;
	char *path; /* where it is mounted */
	int id;     /* this, and below, as in mountinfo.h */
	unsigned int major, minor;
	char *root;
	struct place *top;
	bool over; /* it is not mounted any more */
};

struct places {
	struct place_mount *mounts;
	size_t mount_count;
	struct place_chain *chains;
	size_t count;
	struct place_list used;
	uint32_t story;     /* number of the one that is being told, from 1 on */
	size_t unsure;      /* how many places are */
	struct place *last; /* of which path is the path; NULL: it may be outdated */
	struct buffer path, climbed;

	/*
	 * What is ahead in the queue about the folder HANDLE: where it was before the first rename,
	 * or, with GONE, before it was deleted. False: nothing.
	 */
	bool (*ahead)(const struct handle *handle, bool gone, struct place_entry *entry,
		      void *context);
	void *context;
};

void places_open(struct places *places);

/*
 * The file system FILE_SYSTEM, or a part of it, is mounted on PATH: places in it are found by that, and
 * their paths begin with it, unless the same is mounted elsewhere, too. Others may be added.
 */
struct place_mount *places_mount(struct places *places, uint64_t file_system, const char *path);

/* The first mount of FILE_SYSTEM, or NULL. */
struct place_mount *places_mount_of(const struct places *places, uint64_t file_system);

/* Whether PATH, or with "" the working folder, is the folder of PLACE. */
bool places_is_at(const struct place *place, const char *path);

/* What is in MOUNT is at PATH, which may be its own, from now on. */
void places_move_mount(struct places *places, struct place_mount *mount, const char *path);

/*
 * The place of the folder HANDLE, which is told as LABEL (that ends in '/') from now on and not
 * forgotten.
 */
struct place *places_label(struct places *places, const struct handle *handle, const char *label);

/* PLACE's path is told by where it is. */
void places_unlabel(struct places *places, struct place *place);

/*
 * The place of the folder HANDLE. NULL with errno ESTALE (it is gone, and nothing is known of it),
 * EXDEV (it is not in what is mounted), ENODEV (no mount of its file system is known), EPERM of
 * handle_open, and where there is a shortage.
 */
struct place *places_find(struct places *places, const struct handle *handle);

/* Whether ERROR is want of memory or descriptors: the place may be found another time. */
bool places_is_shortage(int error);

/* The story says: the folder HANDLE is in PARENT now, as NAME of LENGTH bytes. */
void places_put(struct places *places, const struct handle *handle, struct place *parent,
		const char *name, size_t length);

/*
 * The story is told to its end: the queue is empty. The kernel merges a rename with an equal one
 * before, so that of a folder that was moved to and fro, the last move may not have been told:
 * where these are is asked of the kernel.
 */
void places_told(struct places *places);

/* The path of PLACE, which ends in '/'; it lives until the next call. */
const char *places_path(struct places *places, struct place *place, size_t *length);

/* Whether PLACE is TOP, or below it. */
bool place_is_below(const struct place *place, const struct place *top);

/*
 * Events are lost: all is to be asked of the kernel again, and places with labels are to be
 * settled: only then they are below others again.
 */
void places_forget(struct places *places);

/* PLACE gets its parent and its name from the kernel, if that tells them. */
void places_settle(struct places *places, struct place *place);

void places_close(struct places *places);

#endif
