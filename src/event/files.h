/* SPDX-License-Identifier: MIT */
/*
 * inotify as a source: what happens to files and folders, with the path of each.
 *
 * A recursive watch is one watch for each folder, and it is exact. A folder that appears
 * is watched first and read then; what is found in it is told as a synthetic event once
 * all that the kernel's queue holds about it has been told, and only if that was not told
 * already. A folder that moves keeps its watch and gets its new path; one that moves out of
 * sight is let go. When the queue has overflowed, all is read again and what is different
 * from what is known is told.
 *
 * Why this is exact: the kernel queues what happens to the entries of one folder while it
 * holds that folder's lock, and reading the folder takes the lock too. So the queue has, for
 * each folder, all changes in their order, and each reading has a place in that order: behind
 * the events of which the reading knows, and before all that come after a fence, the end of
 * the queue once the reading is done.
 */
#ifndef BUTTER_FILES_H
#define BUTTER_FILES_H

#include "event/own.h"
#include "event/scout.h"
#include "event/source.h"
#include "event/tree.h"
#include "event/until.h"
#include "kernel/inotify.h"

struct files {
	struct source source;
	struct tree tree;
	uint32_t mask; /* what the kernel is asked for */
	bool recursive;
	bool follow;    /* an operand that is a symlink means what it points to */
	bool remember;  /* files too, so that what an overflow has lost can be found */
	struct own own; /* the output, if it may be watched itself */
	bool partial;   /* folders for which there are not enough watches are left out */

	/* Operands as names: src/event/root.h. */
	bool by_name;       /* what replaces the object of a root is watched */
	bool wait;          /* it is waited for */
	struct until until; /* by that */
	bool mounted;       /* mounts have changed, and the roots have not been looked at since */
	bool led_away;      /* or the ways to the roots */
	bool blind;         /* that a way cannot be watched has been said */
	uint32_t departure; /* how the departed ones went: IN_UNMOUNT or IN_MOVE_SELF */
	bool root_news;     /* something is to be told of roots */

	/* Mounts: src/event/cover.h. */
	struct pollfd besides[SOURCE_BESIDES]; /* until's, mountinfo, and cover's timer */
	struct cover {
		struct cover_list {
			struct buffer text;
			const char **mounts;
			size_t count;
		} known;              /* what was mounted when that was looked at last */
		bool changed;         /* that is over */
		struct buffer places; /* strings: where that was, or is; */
		size_t next;          /* those before have been looked at, */
		size_t roots;         /* and of the next one, so many roots */
		int64_t since; /* when the first of these came, CLOCK_MONOTONIC; 0: there is none */
		bool due;      /* they are to be looked at */
	} cover;

	/* Roots as objects: src/event/reach.h. */
	struct buffer anchors;
	bool unmounting; /* the last event was that something is unmounted */

	/* The walk: src/event/walk.h. */
	enum node_state finds;        /* what is new is told, or not yet */
	int start;                    /* the working folder, while a walk leaves it; -1 */
	size_t open_folders;          /* descriptors that the walk holds */
	bool mounts;                  /* it has met one, or cannot tell */
	size_t folders;               /* how many have been visited */
	size_t left_out;              /* how many of them are not watched for want of watches */
	struct buffer first_left_out; /* the path of one of those */
	int64_t complete;             /* realtime at which all that had happened had been read */
	int64_t ahead;                /* moment_ahead at that time */
	size_t walked;                /* folders, by this walk */
	struct scout scout;           /* which helps with a large tree */

	/* What is told, and when: src/event/window.h and follow.h. */
	struct buffer windows; /* struct window each, in the order of their fences */
	size_t first_window;   /* those before are over */
	uint32_t last_window;  /* the number of the newest */
	uint64_t first_fence;  /* of the walks at start, which have no windows */
	struct node *at;       /* where the closing of the first window is */
	struct node *doomed;   /* what is being told to be gone, from its leaves up */
	struct buffer moves;   /* struct move each: renames of which the end is not known yet */
	uint64_t arrived;      /* hash: the entry of the last folder that a rename has brought */
	uint64_t arrived_from; /* the same: where that was before (follow.c) */
	uint64_t left;         /* hash: the entry of the last folder that a rename has taken */
	uint32_t left_by;      /* the cookie of that */
	struct buffer waiting; /* struct node * each: folders to be looked for again */
	struct buffer
		unexplained; /* the same: when the next record of a folder in the tree has been followed */
	bool explained;        /* that it has */
	uint64_t explained_at; /* the fence behind which that counts */
	struct buffer twins;   /* struct node * each: folders that are watched under another name */
	uint64_t wait_until;   /* the fence behind which to look */
	struct buffer name;    /* of the node that was told last */
	bool lost;             /* events are: all has to be read again */
	struct node *last;     /* where the event that was handed out last happened: the tree */
	struct inotify_record
		record; /* follows it with the next call, when its path has been read */

	/* Whether the folder PATH (ends in '/') is to be left out; NULL: none. */
	bool (*skip)(const char *path, void *context);
	/* A folder could not be watched and the walk goes on; errno in ERROR. */
	void (*trouble)(const char *path, int error, void *context);
	/* The root PATH is there no longer, and not to be found: what appears in it is not watched. */
	void (*strayed)(const char *path, int error, void *context);
	void *context;
};

/*
 * Opens a source for the events of MASK (IN_ACCESS ...). With RECURSIVE, more is asked
 * of the kernel than MASK: the caller filters. -1 with errno of inotify_open.
 */
int files_open(struct files *files, uint32_t mask, bool recursive, bool follow);

/*
 * Watches PATH, with RECURSIVE all folders below it. A folder below that vanishes or
 * may not be read is no failure. -1 with errno of inotify_watch or open(2); 1 when it is not there
 * and will be waited for. Where watches run out below it goes on without watching and counts in
 * LEFT_OUT.
 */
int files_watch(struct files *files, const char *path);

/*
 * All has been named: what is not there is waited for from now on. -1 when nothing would tell that
 * it comes, with the path and errno in a call of TROUBLE.
 */
int files_begin(struct files *files);

/*
 * To be called before files_watch: what is watched under the path of an operand is that which has this
 * name. When it is gone or has moved away, what is there then is watched, and told as a synthetic
 * IN_CREATE, with all in it where RECURSIVE is set. Where nothing is there, the operand is lost,
 * or waited for, with WAIT, then also where there has been nothing yet. -1 with errno of until_open.
 */
int files_follow_names(struct files *files, bool wait);

/* The events are written to FD: what that does to a file that is watched is no event. */
void files_output(struct files *files, int fd);

/* How many of the objects that the user named are still watched. */
size_t files_roots(const struct files *files);

/* Whether mounts are noticed as far as that matters; they are not where /proc/self/mountinfo is missing. */
bool files_see_mounts(const struct files *files);

/* How many watches are needed by now, also for what has none. All that is known is gone through. */
size_t files_needed(struct files *files);

/* How many watches there are. */
size_t files_count(const struct files *files);

void files_close(struct files *files);

/* How much of all that came from the kernel's queue has been followed, in bytes. */
static inline uint64_t
files_position(const struct files *files)
{
	return source_position(&files->source);
}

#endif
