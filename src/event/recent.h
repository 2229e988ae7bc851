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

struct recent {
	uint64_t hashes[RECENT_MOST]; /* of the files' handles */
	struct recent_file {
		struct handle object;
		unsigned char bytes[HANDLE_MAX];
		struct place_entry in;
	} files[RECENT_MOST];
	size_t next; /* the one that was seen longest ago */
};

/* RECORD tells of an entry of a folder. */
void recent_see(struct recent *recent, const struct fanotify_record *record);

/* Where OBJECT was seen last; NULL: it was not, of late. */
const struct place_entry *recent_find(const struct recent *recent, const struct handle *object);

#endif
