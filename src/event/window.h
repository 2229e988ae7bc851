/* SPDX-License-Identifier: MIT */
/*
 * What readings of folders have found, and when it is told.
 *
 * A window belongs to one walk: the folders that it has read, and the fence, the end of the
 * kernel's queue when it was done. Until the queue has been followed up to the fence, its
 * events may be of before or after the reading, so what they say is told as it comes.
 * What no event has touched by then is as it was read: what is unknown to the reader of the
 * events is told to be there, what is known and was not found is told to be gone.
 */
#ifndef BUTTER_WINDOW_H
#define BUTTER_WINDOW_H

#include "event/files.h"

/* Opens a window for a walk from NODE on. One is open at a time; others may still wait for their
 * fences. */
void window_open(struct files *files, const struct node *node);

/* The folder NODE is read now: its entries have not been seen yet. */
void window_reads(struct files *files, struct node *node);

/* All has been read: the fence stands at the end of the queue as it is now. */
void window_end(struct files *files);

/*
 * The next thing to be told, if the queue has been followed up to a fence: 1 and *EVENT, or
 * 0 when there is nothing.
 */
int window_tell(struct files *files, struct event *event);

/*
 * What must be told before RECORD, which happened in NODE: 1 and *EVENT, or 0 when there is
 * nothing.
 */
int window_tell_before(struct files *files, struct node *node, const struct inotify_record *record,
		       struct event *event);

/* Whether the folder NODE, which is watched, was so before all that is followed now happened. */
bool window_is_over(const struct files *files, const struct node *node);

/* Forgets all windows: what they have found will be read again. */
void window_forget(struct files *files);

#endif
