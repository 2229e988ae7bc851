/* SPDX-License-Identifier: MIT */
/*
 * Names of files that are being made: what has to be removed if this process ends before they are whole. They
 * are kept where they stay as they are once the end has begun, whatever other threads do.
 */
#ifndef BUTTER_UNFINISHED_H
#define BUTTER_UNFINISHED_H

enum { UNFINISHED_MOST = 64 }; /* at once: of each thread one */

struct unfinished;

/*
 * From now on NAME may be in FOLDER, a descriptor that stays open until unfinished_end; it is not there by
 * itself. NULL: there is no room, and it would stay. Does not return if the process is ending.
 */
struct unfinished *unfinished_begin(int folder, const char *name);

/* It is there. */
void unfinished_made(struct unfinished *unfinished);

/* It is not there any more, or is to stay; NULL is none. */
void unfinished_end(struct unfinished *unfinished);

/* Does not return if the process is ending: what has failed may have been removed for that. */
void unfinished_wait(void);

/*
 * Removes all of them, and lets no thread go on that would make one; async-signal-safe, for the one thread
 * that gets signals.
 */
void unfinished_remove_all(void);

#endif
