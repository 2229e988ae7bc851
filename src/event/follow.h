/* SPDX-License-Identifier: MIT */
/*
 * Following the tree: what each event means for it.
 *
 * Of one rename of a folder the queue holds, in this order, MOVED_FROM, MOVED_TO if the new
 * place is watched, and MOVE_SELF if the folder is. Those of other renames may stand between
 * them, but no other change of the two folders in which it happens: the kernel holds their locks.
 */
#ifndef BUTTER_FOLLOW_H
#define BUTTER_FOLLOW_H

#include "event/files.h"

/* RECORD has happened in NODE and has been told: keeps the tree as it says. */
void follow_event(struct files *files, struct node *node, const struct inotify_record *record);

/* The kernel has ended NODE's watch: its object is gone, or the file system of it and all below. */
void follow_end(struct files *files, struct node *node);

/*
 * All of the queue has been followed. A folder of which it says that it has moved, but that is not where it
 * would be, was taken for another: no event may come any more to tell so. Whether there was one.
 */
bool follow_caught_up(struct files *files);

/* Renames that were under way are not told to their end any more. */
void follow_forget(struct files *files);

/* Whether the folder NODE is on its way in a rename of which the end is not known yet. */
bool follow_is_moving(const struct files *files, const struct node *node);

/* Whether the name of the folder NODE is another's since a MOVED_TO: of the two that are exchanged, it is the
 * one that leaves second, or it is gone. */
bool follow_is_displaced(const struct files *files, const struct node *node);

/* Whether any watched folder is on its way. */
bool follow_is_waiting(const struct files *files);

/* Frees NODE and all below it, and ends their watches. */
void follow_let_go(struct files *files, struct node *node);

/*
 * The object of NODE is gone, or has another name now: frees NODE, as follow_let_go, unless it is a
 * root that goes on with another object (root.h).
 */
void follow_lose(struct files *files, struct node *node);

/* What is known of the entry NAME of PARENT has left: whether there is another folder is looked at later. */
void follow_doubt(struct files *files, struct node *parent, const char *name);

/* The folder NODE, which is told, is watched as KNOWN, and will be looked at again when that is no longer. */
void follow_twin(struct files *files, struct node *node, const struct node *known);

/* Ends the watches of all below the folder NODE, and of NODE itself, which stays. */
void follow_unwatch(struct files *files, struct node *node);

/* Puts the folder NODE with all below it under PARENT as NAME. Returns where it is now. */
struct node *follow_relink(struct files *files, struct node *node, struct node *parent,
			   const char *name);

#endif
