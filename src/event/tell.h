/* SPDX-License-Identifier: MIT */
/* What fanotify's records become when they are told: the inside of marks.h. */
#ifndef BUTTER_TELL_H
#define BUTTER_TELL_H

#include "event/marks.h"

/* Records may gather for so long while they pour in, nanoseconds. */
enum { TELL_REST = 250000 };

/* The decoder of the source that is in a struct marks. */
int tell_decode(struct source *source, struct event *event);

/* places.h's ahead, of a struct marks. */
bool tell_ahead(const struct handle *handle, bool gone, struct place_entry *entry, void *marks);

/* The mount by which ROOT is found; NULL: none. */
static inline struct place_mount *
tell_mount_of(const struct marks *marks, const struct marks_root *root)
{
	return root->mount < marks->places.mount_count ? &marks->places.mounts[root->mount] : NULL;
}

/*
 * MOUNT is not at its path any more: takes another path at which the same is mounted. False: there is none.
 */
bool marks_remount(struct marks *marks, struct place_mount *mount);

/* Of several mounts of a file system, one may show what another one has mounted: finds out. */
void marks_settle_mounts(struct marks *marks);

#endif
