/* SPDX-License-Identifier: MIT */
/*
 * Where files were seen last: some of fanotify's records name an object alone (a change of its links, its
 * end), and those that told of it before or tell of it next say in which folder it is.
 */
#ifndef BUTTER_RECENT_H
#define BUTTER_RECENT_H

#include "event/places.h"
#include "kernel/fanotify.h"

enum { RECENT_MOST = 64 };

/* What happens to names, and tells them as they are. */
#define RECENT_NAMING (FAN_CREATE | FAN_DELETE | FAN_RENAME | FAN_MOVE)

struct recent {
	uint64_t hashes[RECENT_MOST]; /* of the files' handles */
	struct recent_file {
		struct handle object;
		unsigned char bytes[HANDLE_MAX];
		struct place_entry in;
		bool named; /* what happens to names has told of it */
	} files[RECENT_MOST];
	size_t next; /* the one that was seen longest ago */
};

/*
 * Whether NAME is '#' and a number: so the kernel calls a file that was opened without a name (O_TMPFILE),
 * also when it has got one. Nothing keeps others from having such a name.
 */
bool recent_is_numbered(const char *name, size_t length);

/* RECORD tells of an entry of a folder. A file that has a name keeps it when it is told by number. */
void recent_see(struct recent *recent, const struct fanotify_record *record);

/* Whether OBJECT has, or had, a name, as far as that was seen of late. */
bool recent_is_named(const struct recent *recent, const struct handle *object);

/* Where OBJECT was seen last; NULL: it was not, of late. */
const struct place_entry *recent_find(const struct recent *recent, const struct handle *object);

#endif
