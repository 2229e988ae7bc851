/* SPDX-License-Identifier: MIT */
/* What is mounted, as people and scripts read it. */
#ifndef BUTTER_MOUNT_LISTING_H
#define BUTTER_MOUNT_LISTING_H

#include "cli/buffer.h"
#include "mounts/table.h"

enum listing_form {
	LISTING_LINES, /* as mount(8) has them: SOURCE on TARGET type TYPE (OPTIONS), names escaped */
	LISTING_JSON, /* an object a line */
	LISTING_TREE, /* TARGET SOURCE TYPE OPTIONS, by what is mounted in what */
};

struct listing {
	enum listing_form form;
	const char *types; /* as table_has_type has them; NULL: all */
	int id;            /* of the only mount that is wanted; 0: all */
	bool labels;       /* of what is on devices, too */
};

/* Appends the mounts of TABLE to BUFFER. Returns how many. */
size_t listing_add(struct buffer *buffer, const struct listing *listing, const struct table *table);

/* Appends the options of MOUNT, those of the file system behind, without what both say, such as `ro`. */
void listing_add_options(struct buffer *buffer, const struct mountinfo *mount);

#endif
