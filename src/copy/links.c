/* SPDX-License-Identifier: MIT */
#include "copy/links.h"

#include <search.h>
#include <stdlib.h>

#include "memory.h"

static int
compare(const void *a, const void *b)
{
	const struct link *one = a, *other = b;

	if (one->inode != other->inode)
		return one->inode < other->inode ? -1 : 1;
	if (one->device != other->device)
		return one->device < other->device ? -1 : 1;
	return 0;
}

struct link *
links_find(struct links *links, const struct stat *status, struct folder *folder, const char *name,
	   bool *is_new)
{
	struct link *link, wanted = { .device = status->st_dev, .inode = status->st_ino };
	struct link **found = tfind(&wanted, &links->root, compare);

	*is_new = !found;
	if (found)
		return *found;
	link = memory_get(sizeof(*link));
	*link = (struct link){ .device = status->st_dev,
			       .inode = status->st_ino,
			       .folder = folder,
			       .name = memory_string(name) };
	/* It may have to be opened again, from above. */
	for (; folder; folder = folder->parent)
		folder->linked++;
	if (!tsearch(link, &links->root, compare))
		memory_exhausted();
	return link;
}

bool
links_know(struct links *links, const struct stat *status)
{
	struct link wanted = { .device = status->st_dev, .inode = status->st_ino };

	return tfind(&wanted, &links->root, compare);
}

void
links_done(struct links *links, struct folders *folders)
{
	while (links->root) {
		struct link *link = *(struct link **)links->root;
		struct folder *folder = link->folder, *parent;

		tdelete(link, &links->root, compare);
		for (; folder; folder = parent) {
			parent = folder->parent;
			if (!--folder->linked)
				folder_free(folders, folder);
		}
		free(link->name);
		free(link);
	}
}
