/* SPDX-License-Identifier: MIT */
/*
 * A name in a folder, where a copy is to be. What is there is looked at once: what is opened, followed
 * or replaced later is that, or nothing, whatever somebody puts there meanwhile.
 */
#ifndef BUTTER_PLACE_H
#define BUTTER_PLACE_H

#include <stdbool.h>
#include <sys/stat.h>

/*
 * Which symbolic links are followed: those that the user has named; of a name that comes from
 * elsewhere, one's own or none. What is not followed is replaced, and so are FIFOs and devices that
 * nobody has named.
 */
enum place_links { PLACE_FOLLOWS, PLACE_FOLLOWS_OWN, PLACE_FOLLOWS_NONE };

/* What a copy meets at a place. */
enum place_state {
	PLACE_IS_FREE,
	PLACE_IS_FOREIGN, /* what is there is neither followed nor written, but replaced */
	PLACE_IS_TAKEN,
};

/* Where a copy is to be. */
struct place {
	int folder;       /* descriptor */
	const char *name; /* in it */
	bool is_new;      /* the folder was made for the copy: nothing has that name */
	bool inherits;    /* attributes_are_inherited, attributes.h */
	bool tells_late;  /* cache_tells_late, kernel/cache.h */
	bool is_synced;   /* somebody waits for all names of the folder in the end */
	enum place_links links;
};

/*
 * What is at PLACE, and its *STATUS, also that of a link (AT_SYMLINK_NOFOLLOW). -1 with errno of
 * fstatat(2).
 */
int place_look(const struct place *place, struct stat *status);

/* What the link that STATUS is of leads to: the status of that. -1 with errno of open(2); ESTALE as below. */
int place_follow(const struct place *place, struct stat *status);

/*
 * Opens the file with STATUS that place_look has told of, or what such a link leads to, to be read. -1 with
 * errno of open(2); ESTALE: something else has come there meanwhile, or it is no file.
 */
int place_open(const struct place *place, const struct stat *status);

/*
 * Opens what the symbolic link at PLACE leads to, if that is the one with STATUS yet. -1 with errno as
 * above.
 */
int place_open_end(const struct place *place, const struct stat *status, int flags);

/* Whether both are one file, or folder. */
static inline bool
place_is_same(const struct stat *one, const struct stat *other)
{
	return one->st_dev == other->st_dev && one->st_ino == other->st_ino;
}

/*
 * Whether what is NOW somewhere can be what had STATUS: the number of a file that is removed may be that of
 * the next one.
 */
static inline bool
place_may_be_same(const struct stat *now, const struct stat *status)
{
	return place_is_same(now, status) && now->st_uid == status->st_uid
	       && (now->st_mode & S_IFMT) == (status->st_mode & S_IFMT);
}

/* Whether FD is what has STATUS; -1 with errno ESTALE. */
int place_check(int fd, const struct stat *status);

#endif
