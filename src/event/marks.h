/* SPDX-License-Identifier: MIT */
/*
 * fanotify as a source: what happens on file systems, mounts, or to single files and folders, with
 * the path of each and who did it.
 *
 * The kernel merges what happens to one object while it is in the queue: each bit is told as an
 * event of its own, in the order in which they can have happened.
 */
#ifndef BUTTER_MARKS_H
#define BUTTER_MARKS_H

#include "event/ahead.h"
#include "event/doers.h"
#include "event/late.h"
#include "event/places.h"
#include "event/points.h"
#include "event/recent.h"
#include "event/rescan.h"
#include "event/source.h"
#include "kernel/fanotify.h"

enum marks_scope {
	MARKS_FILE_SYSTEM, /* all of it, whatever path it is reached by */
	MARKS_MOUNT,       /* what is done through the mount */
	MARKS_INODE,       /* the object itself, and the entries of a folder */
	MARKS_NAMESPACE,   /* mounts that come and go in this mount namespace */
};

/* One that the user named. */
struct marks_root {
	const char *path; /* as typed */
	uint64_t file_system;
	size_t mount; /* the number of the one in places by which it is found; SIZE_MAX: none */
	struct place
		*place; /* of the folder, or of the one that the file is in; NULL: not needed */
	bool is_file;
	bool over; /* gone, or not mounted any more */
	struct handle object;
	unsigned char bytes[HANDLE_MAX];
};

struct marks {
	struct source source;
	enum marks_scope scope;
	bool recursive; /* of a file system, only what is below the roots */
	bool no_follow; /* a root that is a symlink is that itself */
	bool evictable; /* marks of inodes do not keep these in memory, and vanish with them */
	bool unlimited; /* the kernel's queue, and the number of marks */
	bool names; /* events tell the command's name and user, not only the number of the process */
	bool sure; /* if that can be, the name is never that of a later process with the same number */
	uint64_t asked;           /* of the kernel */
	uint64_t wanted;          /* by the user */
	const struct name *table; /* of the events' names; NULL: fanotify_names */
	bool pairs; /* all is told as inotify does: a rename is MOVED_FROM and MOVED_TO, with a cookie */
	uint32_t cookie; /* of the last one */
	bool targets;    /* records name the object, and renames are one record */
	bool pidfds;     /* and the process by a descriptor */

	struct marks_root *roots;
	size_t root_count, roots_left;
	struct places places;
	struct ahead ahead;
	struct recent recent;
	struct late late;
	struct points points; /* MARKS_NAMESPACE: where mounts are */
	struct rescan rescan; /* its wanted must be set before marks_open */
	struct doers doers;
	struct marks_only {
		pid_t pid; /* 0: events by anybody */
		int pidfd;
		uint64_t inode; /* of pidfds of that process; 0: all have the same */
	} only;
	bool exited;                           /* that process has, and all that it did is told */
	struct doer doer;                      /* of whom only the number is told */
	int32_t self;                          /* the process that must not hear of itself */
	struct pollfd besides[SOURCE_BESIDES]; /* tells that mounts have changed */

	/* The record that is being told: its bytes, since the source's buffer may move. */
	char bytes[FANOTIFY_RECORD_MAX];
	struct fanotify_record record;
	uint64_t bits;            /* of it, that are still to be told */
	bool by_ended;            /* who did it has ended: its number may be another's */
	bool moves;               /* a folder to where the record says, once it has been told */
	bool attaches;            /* a mount there, and that is not told */
	struct event told;        /* what all of its events have in common */
	struct place_entry entry; /* of an object that the record names alone */
	struct buffer from;
	uint64_t awaited; /* bytes of the queue that were there when no more came */
	bool rescanned;   /* since that */
	bool lost;        /* events are */
	bool unmounted;   /* some roots are, and that has not been told */
	size_t gone;      /* how many roots are, and what the queue has is still to be told */
	uint64_t
		checked; /* bytes of the queue that were there when mounts were looked for at their paths */
	int64_t check_at; /* CLOCK_MONOTONIC; not before that again */
};

/*
 * Opens a group for the events WANTED; the flags above must be set before. -1 with errno of fanotify_open.
 */
int marks_open(struct marks *marks, uint64_t wanted);

/* Advice for errors of marks_open, and of marks_watch and marks_watch_namespace. */
const struct hint *marks_open_hints(const struct marks *marks);
const struct hint *marks_watch_hints(const struct marks *marks);

/* Whether the kernel tells this process who does what it watches. -1 with errno: EPERM; fanotify_init(2). */
int marks_try_doers(void);

/*
 * To be called before marks_open: only what the process PID, or that of PIDFD, does is told, and its end:
 * FANOTIFY_EXIT. A later process with the same number is not meant. -1 with errno of pidfd_of, pidfd_pid.
 */
int marks_only(struct marks *marks, pid_t pid);
int marks_only_pidfd(struct marks *marks, int pidfd);

/*
 * Marks what PATH means for the scope. -1 with errno of fanotify_watch, open(2), mountinfo_each.
 */
int marks_watch(struct marks *marks, const char *path);

/* Marks this process's mount namespace. -1 with errno of fanotify_watch, points_open. */
int marks_watch_namespace(struct marks *marks);

/*
 * What happens to the file PATH, or to the folder and its entries, is not told by the kernel any
 * more. -1 with errno of fanotify_watch.
 */
int marks_ignore(struct marks *marks, const char *path);

/*
 * Into TEXT, the path by which events tell of PATH, which need not exist, unlike the folder that it is in. -1
 * with errno of open(2), places_find: ENODEV and EXDEV for what is not on what is watched.
 */
int marks_path(struct marks *marks, const char *path, struct buffer *text);

/* Whether paths can be told: handles can be opened. If not, -1 with errno of handle_open. */
int marks_try(struct marks *marks);

/* How many of the objects that the user named are still watched. */
size_t marks_roots(const struct marks *marks);

void marks_close(struct marks *marks);

#endif
