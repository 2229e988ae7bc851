/* SPDX-License-Identifier: MIT */
/*
 * The walk: sets watches and reads folders. It sees the folders as they are now, which may be
 * later than what has been read of the kernel's queue.
 */
#ifndef BUTTER_WALK_H
#define BUTTER_WALK_H

#include "event/files.h"

/*
 * Watches and reads the root NODE and all below it, for the first time: what is found is
 * no news. -1 with errno of inotify_watch or open(2).
 */
int walk_root(struct files *files, struct node *node);

/*
 * Watches and reads the folder NODE and all below it; what is found and not known is told
 * later (window.h). A folder that is not to be found under its name is put on the list of
 * those that are looked for again. -1 with errno where watches, descriptors or memory run
 * out; what has been watched stays so.
 */
int walk_folder(struct files *files, struct node *node);

/* Folders that could not be found: looks for them again, if there are any and the queue has been
 * followed far enough; whether it has looked. */
bool walk_waiting(struct files *files);

/* NODE is looked for again when the queue has been followed as far as it goes now. */
void walk_later(struct files *files, struct node *node);

/* The same, but before anything else is followed. */
void walk_next(struct files *files, struct node *node);

/* All is looked at again, as soon as walk_waiting is called: events are lost. */
void walk_again(struct files *files);

/* Says once that NODE cannot be watched or read, for ERROR. */
void walk_trouble(struct files *files, struct node *node, int error);

/* Whether KNOWN, which is watched, is no longer where its path says, and NODE is where it has gone.
 * Only certainty counts. */
bool walk_has_moved(struct files *files, struct node *known, const struct node *node);

enum { WALK_BARRED = 2 };

/*
 * Whether another folder than NODE, which is watched, has its name where it is said to be: 1, 0, or -1:
 * the queue has more, which may tell. Only certainty counts. WALK_BARRED: nobody may know, what is
 * there must not be read.
 */
int walk_finds_another(struct files *files, struct node *node);

/* Whether the user does not want the folder NODE to be watched. */
bool walk_skips(struct files *files, const struct node *node);

#endif
