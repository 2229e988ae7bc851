/* SPDX-License-Identifier: MIT */
/*
 * What is marked, as far as it is still mounted: the kernel takes a mark away with its file system, without
 * a word.
 */
#ifndef BUTTER_GROUNDS_H
#define BUTTER_GROUNDS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* What one path is on. */
struct ground {
	int mount; /* the id of the mount; 0: it is not known */
	unsigned int major, minor;
	bool is_whole;          /* the mount shows all of its file system */
	bool is_there, is_told; /* and whether it has been told that it is not */
	bool is_astray,
		is_warned; /* its path leads to another mount; and whether that has been told */
};

struct grounds {
	/* For the caller to fill: who has the marks; GROUP -1 where they may go before what they are on. */
	pid_t holder;
	int group;

	const char *const *paths;
	struct ground *grounds;
	size_t count, left; /* that are still there, or have not been told of */
	bool one_mount; /* it is gone with the mount, not with the last one of the file system */
};

/*
 * Finds what the COUNT paths are on. What cannot be found counts as being there for ever. A descriptor that
 * poll(2) calls ready (POLLPRI) when mounts have changed, or -1 where there is none. PATHS must stay.
 */
int grounds_open(struct grounds *grounds, const char *const *paths, size_t count, bool one_mount);

/* Where a path leads. */
enum grounds_view {
	GROUNDS_SEEN,       /* to one of the grounds, as far as one can say */
	GROUNDS_OTHER_PATH, /* there, by another mount: through that of the ground it has another path */
	GROUNDS_NONE,       /* to none of them */
};

enum grounds_view grounds_view(const struct grounds *grounds, const char *path);

/* Mounts have changed: looks at all. */
void grounds_look(struct grounds *grounds);

/* As grounds_next, of one that is there, but where its path leads no more. */
bool grounds_next_astray(struct grounds *grounds, size_t *number);

/* The number of one that is gone and was not told yet: true and *NUMBER. It counts as told then. */
bool grounds_next(struct grounds *grounds, size_t *number);

void grounds_close(struct grounds *grounds);

#endif
